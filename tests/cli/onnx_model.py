"""Networks for tests, written as ONNX files without the onnx package: protocol buffers by hand.

Field numbers are those of onnx.proto3 (https://github.com/onnx/onnx). A shape's 0 is an axis of any length.
"""
import struct

FLOAT, INT64 = 1, 7


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def number(field, n):
    return varint(field << 3) + varint(n)


def chunk(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def tensor(name, shape, values):
    """TensorProto: dims 1, data_type 2, name 8, raw_data 9."""
    kind, code = (INT64, "q") if all(isinstance(v, int) for v in values) else (FLOAT, "f")
    return b"".join(number(1, n) for n in shape) + number(2, kind) + chunk(8, name) + chunk(9, struct.pack(f"<{len(values)}{code}", *values))


def attribute(name, value):
    """AttributeProto: name 1, f 2, i 3, ints 8, type 20 (FLOAT 1, INT 2, INTS 7)."""
    if isinstance(value, float):
        return chunk(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + number(20, 1)
    if isinstance(value, int):
        return chunk(1, name) + number(3, value) + number(20, 2)
    return chunk(1, name) + b"".join(number(8, v) for v in value) + number(20, 7)


def node(kind, inputs, outputs, **attributes):
    """NodeProto: input 1, output 2, name 3, op_type 4, attribute 5."""
    return (b"".join(chunk(1, i) for i in inputs) + b"".join(chunk(2, o) for o in outputs) + chunk(3, outputs[0] + "_of") +
            chunk(4, kind) + b"".join(chunk(5, attribute(n, v)) for n, v in attributes.items()))


def value_info(name, shape):
    """ValueInfoProto: name 1, type 2; a tensor's elem_type 1, shape 2; a dimension's value 1, name 2."""
    dims = b"".join(chunk(1, number(1, n) if n else chunk(2, f"{name}{a}")) for a, n in enumerate(shape))
    return chunk(1, name) + chunk(2, chunk(1, number(1, FLOAT) + chunk(2, dims)))


def model(nodes, weights, shape, outputs):
    """ModelProto: ir_version 1, graph 7, opset_import 8; GraphProto: node 1, name 2, initializer 5, input 11, output 12."""
    graph = (b"".join(chunk(1, n) for n in nodes) + chunk(2, "test") + b"".join(chunk(5, w) for w in weights) +
             chunk(11, value_info("x", shape)) + b"".join(chunk(12, value_info(n, s)) for n, s in outputs.items()))
    return number(1, 7) + chunk(7, graph) + chunk(8, chunk(1, "") + number(2, 13))


def convolution(axes, edge, weights, biases, then=None, channels=1):
    """A convolution of `edge` voxels along each axis with zeros beyond the image: one output channel for each bias."""
    out, shape, name = len(biases), [1, channels] + [0] * axes, "y"
    nodes = [node("Conv", ["x", "w", "b"], ["c" if then else name], kernel_shape=[edge] * axes, pads=[edge // 2] * 2 * axes)]
    if then:
        nodes.append(node(then, ["c"], [name]))
    return model(nodes, [tensor("w", [out, channels] + [edge] * axes, weights), tensor("b", [out], biases)], shape,
                 {name: [1, out] + [0] * axes})


def threshold(axes, at, then="Sigmoid"):
    """A 1 x 1 convolution: `at` is where its probability is one half."""
    return convolution(axes, 1, [1.0], [-float(at)], then)


def box(axes, edge, at):
    """The sum of a box, with zeros beyond the image, less `at`."""
    return convolution(axes, edge, [1.0] * edge ** axes, [-float(at)])


def classes(axes, at):
    """Three classes: the likeliest of a voxel above `at` is the last, below it the first."""
    return convolution(axes, 1, [-1.0, 0.0, 1.0], [float(at), -1e4, -float(at)])


def u_net(axes, weights):
    """Two levels of a U-Net, as they are trained: convolutions, pooling, a transposed convolution and a bridge. `weights` makes each."""
    made, pads = [], [1] * 2 * axes

    def weight(name, *shape):
        size = 1
        for n in shape:
            size *= n
        made.append(tensor(name, shape, [float(weights()) / (size / shape[0]) ** 0.5 for _ in range(size)]))
        return name

    three, two, strides = [3] * axes, [2] * axes, [2] * axes
    nodes = [node("Conv", ["x", weight("w1", 4, 1, *three)], ["c1"], kernel_shape=three, pads=pads), node("LeakyRelu", ["c1"], ["a1"], alpha=0.01),
             node("MaxPool", ["a1"], ["down"], kernel_shape=two, strides=strides),
             node("Conv", ["down", weight("w2", 8, 4, *three)], ["c2"], kernel_shape=three, pads=pads), node("Relu", ["c2"], ["a2"]),
             node("ConvTranspose", ["a2", weight("w3", 8, 4, *two)], ["up"], kernel_shape=two, strides=strides),
             node("Concat", ["a1", "up"], ["both"], axis=1),
             node("Conv", ["both", weight("w4", 2, 8, *three)], ["y"], kernel_shape=three, pads=pads)]
    return model(nodes, made, [1, 1] + [0] * axes, {"y": [1, 2] + [0] * axes})


def mean(axes):
    """The mean of all voxels."""
    return model([node("GlobalAveragePool", ["x"], ["p"]), node("Flatten", ["p"], ["y"], axis=1)], [],
                 [1, 1] + [0] * axes, {"y": [1, 1]})


def mean_of_box(axes, edge):
    """The mean of all sums of a box with weights of many digits."""
    weights = [1 / (3 + n) for n in range(edge ** axes)]
    return model([node("Conv", ["x", "w"], ["c"], kernel_shape=[edge] * axes, pads=[edge // 2] * 2 * axes),
                  node("GlobalAveragePool", ["c"], ["p"]), node("Flatten", ["p"], ["y"], axis=1)],
                 [tensor("w", [1, 1] + [edge] * axes, weights)], [1, 1] + [0] * axes, {"y": [1, 1]})


def unknown():
    return model([node("Frobnicate", ["x"], ["y"])], [], [1, 1, 0, 0], {"y": [1, 1, 0, 0]})


def two_outputs():
    return model([node("Relu", ["x"], ["y"]), node("Sigmoid", ["x"], ["z"])], [], [1, 1, 0, 0], {"y": [1, 1, 0, 0], "z": [1, 1, 0, 0]})


def halved():
    """An output of half the size."""
    return model([node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2])], [], [1, 1, 0, 0], {"y": [1, 1, 0, 0]})


def no_number():
    """0 / 0 of every voxel."""
    zero = [tensor("zero", [1], [0.0])]
    return model([node("Mul", ["x", "zero"], ["n"]), node("Div", ["n", "n"], ["y"])], zero, [1, 1, 0, 0], {"y": [1, 1, 0, 0]})
