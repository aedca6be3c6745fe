#!/usr/bin/env python3
"""The programs that run ONNX files, each on networks of which one knows what they must say.

onnx_programs.py DIRECTORY_OF_THE_PROGRAMS RUNTIME

OpenCV's program is there where the build found OpenCV; that of Node.js needs onnxruntime-node (NODE_PATH). If it is not
there the test says why and is skipped (exit code 77). If the other one is there, too, both must say the same.
"""
import gzip, itertools, json, os, pathlib, random, re, struct, subprocess, sys, tempfile

import onnx_model as networks

programs = pathlib.Path(sys.argv[1]).absolute()
SIZE = (13, 11, 6)
AFFINE = [0.7, 0, 0, -5, 0, 0.7, 0, 4, 0, 0, 2.5, 30]
DEFAULTS = {"task": "segmentation", "reads": "slices", "clip_hu": [], "subtract_hu": 0, "divide_by_hu": 1, "pad_hu": -1024, "channels": 1,
            "patch": [], "overlap": 0.5, "multiple_of": 1, "output": "logits", "channel": 0, "threshold": 0.5, "most": 50, "combine": "maximum",
            "timeout_s": 60, "memory_gib": 8}
failures = []
random.seed(7)
HU = [random.randint(-1000, 1000) for _ in range(SIZE[0] * SIZE[1] * SIZE[2])]


def check(claim, holds, shown=""):
    if not holds:
        failures.append(claim)
        print(f"FAILED: {claim}\n{shown!s:.1500}")


def nifti(values, size=SIZE, slope=1.0, intercept=0.0):
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 3, *size, 1, 1, 1, 1)
    struct.pack_into("<2h", head, 70, 4, 16)
    struct.pack_into("<8f", head, 76, 1, 0.7, 0.7, 2.5, 0, 0, 0, 0)
    struct.pack_into("<3f", head, 108, 352, slope, intercept)
    head[123] = 2
    struct.pack_into("<2h", head, 252, 1, 1)
    struct.pack_into("<12f", head, 280, *AFFINE)
    head[344:348] = b"n+1\0"
    return gzip.compress(bytes(head) + struct.pack(f"<{len(values)}h", *values))


def voxels(file):
    """Size and affine matrix of a mask, and its voxels."""
    data = gzip.decompress(file.read_bytes())
    check("a mask is stored in bytes", struct.unpack_from("<h", data, 70) == (2,))
    affine = [round(x, 4) for x in struct.unpack_from("<12f", data, 280)]
    return (struct.unpack_from("<4h", data, 40), affine), list(data[352:])


def run(runtime, name, network, image="image.nii.gz", environment={}, version=None, **settings):
    """Exit code, what was printed, and the output's file."""
    pathlib.Path(name + ".onnx").write_bytes(network)
    unknown = settings.keys() - DEFAULTS.keys()
    assert not unknown, unknown
    settings = {"file": name, "runtime": runtime, **DEFAULTS, **settings}
    out = pathlib.Path("output.nii.gz" if settings["task"] == "segmentation" else "output.csv")
    out.unlink(missing_ok=True)
    done = subprocess.run([programs / f"vitrine-onnx-{runtime}", version or VERSIONS[runtime], name + ".onnx", json.dumps(settings), image, out],
                          capture_output=True, text=True, env={**os.environ, **environment})
    return done.returncode, done.stdout + done.stderr, out


def mask(runtime, name, network, **settings):
    code, said, out = run(runtime, name, network, **settings)
    check(f"{runtime}: {name} runs", code == 0, said)
    return voxels(out)[1] if code == 0 else []


def at(i, j, k):
    """HU, and zero beyond the image as a convolution has it."""
    return HU[(k * SIZE[1] + j) * SIZE[0] + i] if all(0 <= v < n for v, n in zip((i, j, k), SIZE)) else 0


def each_voxel():
    return ((i, j, k) for k in range(SIZE[2]) for j in range(SIZE[1]) for i in range(SIZE[0]))


def box_sums(reach_k):
    steps = list(itertools.product((-1, 0, 1), (-1, 0, 1), range(-reach_k, reach_k + 1)))
    return [sum(at(i + a, j + b, k + c) for a, b, c in steps) for i, j, k in each_voxel()]


def segmentation(runtime):
    above = [int(hu >= 41) for hu in HU]
    shown = mask(runtime, "threshold", networks.threshold(2, 40.5), output="probabilities")
    check(f"{runtime}: a 1 x 1 convolution and a sigmoid are a threshold", shown == above)
    check(f"{runtime}: the mask has the image's grid", voxels(pathlib.Path("output.nii.gz"))[0] == ((3, *SIZE), AFFINE))
    logits = networks.threshold(2, 40.5, None)
    check(f"{runtime}: so are its logits", mask(runtime, "logits", logits) == above)
    check(f"{runtime}: so are scores", mask(runtime, "logits", logits, output="scores", threshold=0) == above)
    check(f"{runtime}: a logit of 0 is a probability of one half", mask(runtime, "half", networks.threshold(2, 41, None)) == above)
    for channel, wanted in ((0, [1 - v for v in above]), (2, above)):
        shown = mask(runtime, "classes", networks.classes(2, 40.5), output="class_logits", channel=channel)
        check(f"{runtime}: of two likely classes channel {channel} is the threshold", shown == wanted)
        shown = mask(runtime, "classes", networks.classes(2, 40.5), output="largest_class", channel=channel)
        check(f"{runtime}: the largest class is it, too, {channel}", shown == wanted)
    equals = networks.convolution(2, 1, [1.0, 1.0], [0.0, 0.0])
    shown = [mask(runtime, "equals", equals, output="largest_class", channel=channel) for channel in (0, 1)]
    check(f"{runtime}: of equal classes the first is the largest", shown == [[1] * len(HU), [0] * len(HU)])
    for options in ({"patch": [4, 5]}, {"patch": [5, 11], "overlap": 0}, {"patch": [20, 16], "overlap": 0.9}, {"multiple_of": 8}):
        check(f"{runtime}: it is one in patches as well, {options}", mask(runtime, "logits", logits, **options) == above)
    scaled = mask(runtime, "scaled", networks.threshold(2, 0.5, None), clip_hu=[-100, 300], subtract_hu=-100, divide_by_hu=400)
    check(f"{runtime}: clipped and scaled to 0 to 1, one half is 100 HU", scaled == [int(hu >= 100) for hu in HU])
    pair = networks.convolution(2, 1, [1.0, 1.0], [-81.0], channels=2)
    check(f"{runtime}: both channels are the image", mask(runtime, "pair", pair, channels=2) == above)
    sums = box_sums(0)
    limit = sorted(sums)[len(sums) // 2]
    shown = mask(runtime, "box", networks.box(2, 3, limit))
    check(f"{runtime}: a 3 x 3 convolution is the sum of a box, zeros beyond", shown == [int(s >= limit) for s in sums])
    pathlib.Path("scaled.nii.gz").write_bytes(nifti([(hu + 1000) // 2 for hu in HU], slope=2, intercept=-1000))
    halves = [int((hu + 1000) // 2 * 2 - 1000 >= 41) for hu in HU]
    check(f"{runtime}: the file's own scale counts", mask(runtime, "logits", logits, image="scaled.nii.gz") == halves)


def volumes(runtime):
    above = [int(hu >= 41) for hu in HU]
    network = networks.threshold(3, 40.5)
    for options in ({}, {"patch": [6, 4, 3]}, {"multiple_of": 4}):
        shown = mask(runtime, "volume", network, reads="volume", output="probabilities", **options)
        check(f"{runtime}: a 1 x 1 x 1 convolution is a threshold, {options}", shown == above)
    sums = box_sums(1)
    limit = sorted(sums)[len(sums) // 2]
    shown = mask(runtime, "cube", networks.box(3, 3, limit), reads="volume")
    check(f"{runtime}: a 3 x 3 x 3 convolution is the sum of a cube", shown == [int(s >= limit) for s in sums])


def parts(limit):
    """Centre (mm, DICOM's LPS) and score of the connected parts of all that reaches a limit."""
    left = {voxel for voxel in each_voxel() if at(*voxel) >= limit}
    while left:
        part, fresh = [], [left.pop()]
        while fresh:
            voxel = fresh.pop()
            part.append(voxel)
            for axis, step in itertools.product(range(3), (-1, 1)):
                beside = tuple(v + step * (a == axis) for a, v in enumerate(voxel))
                if beside in left:
                    left.remove(beside)
                    fresh.append(beside)
        index = [sum(v[a] for v in part) / len(part) for a in range(3)]
        place = [sum(AFFINE[4 * row + a] * index[a] for a in range(3)) + AFFINE[4 * row + 3] for row in range(3)]
        yield [-place[0], -place[1], place[2], max(at(*v) for v in part)]


def detection(runtime):
    logits = networks.threshold(2, 0, None)
    for limit, most, what in ((700, 1000, {}), (-300, 1000, {"patch": [6, 5]}), (700, 3, {})):
        code, said, out = run(runtime, "logits", logits, task="detection", output="scores", threshold=limit, most=most, **what)
        head, *rows = out.read_text().splitlines() if code == 0 else [""]
        found = [[float(cell) for cell in row.split(",")] for row in rows]
        known = sorted(parts(limit), key=lambda p: -p[3])[:most]
        check(f"{runtime}: a finding is a connected part, as sure as its surest voxel, {limit} HU, {most}",
              head == "x_mm,y_mm,z_mm,score" and [p[3] for p in found] == [p[3] for p in known], (said, found, known))
        if most == 1000:
            apart = [max(map(abs, (a - b for a, b in zip(one, other)))) for one, other in zip(sorted(found), sorted(known))]
            check(f"{runtime}: findings lie where their voxels do", len(found) == len(known) and max(apart) < 1e-4, (apart, found, known))
    code, said, out = run(runtime, "logits", logits, task="detection", output="scores", threshold=2000)
    check(f"{runtime}: no finding is a header alone", code == 0 and out.read_text() == "x_mm,y_mm,z_mm,score\n", said)


def classification(runtime, axes, reads):
    per_slice = SIZE[0] * SIZE[1]
    means = [sum(HU[k * per_slice:(k + 1) * per_slice]) / per_slice for k in range(SIZE[2])]
    if reads == "volume":
        means = [sum(HU) / len(HU)]
    for combine, wanted in (("mean", sum(means) / len(means)), ("maximum", max(means))):
        code, said, out = run(runtime, "mean", networks.mean(axes), task="classification", output="scores", combine=combine, reads=reads)
        rows = out.read_text().splitlines() if code == 0 else ["", "nan"]
        check(f"{runtime}: pooling is the mean of {reads}, by {combine}", rows[0] == "score" and abs(float(rows[1]) - wanted) < 1e-3, (rows, wanted, said))
    code, said, out = run(runtime, "mean", networks.mean(axes), task="classification", divide_by_hu=100, reads=reads)
    check(f"{runtime}: logits become a probability", code == 0 and out.read_text().startswith("probability\n0."), said)


def mistakes(runtime):
    good = networks.threshold(2, 40.5)
    noise = bytes(random.randrange(256) for _ in range(1000))
    for name, network, options, said in (
            ("empty", b"", {}, "no ONNX file|is empty"),
            ("truncated", good[:len(good) // 2], {}, "no whole ONNX file|cannot read"),
            ("noise", noise, {}, "no whole ONNX file|cannot read"),
            ("unknown", networks.unknown(), {}, "cannot read .*Frobnicate"),
            ("two", networks.two_outputs(), {}, "2 outputs.*Keep"),
            ("halved", networks.halved(), {}, "1 x 1 x 5 x 6 of an input of 1 x 1 x 11 x 13"),
            ("no_number", networks.no_number(), {}, "not finite"),
            ("rank", good, {"reads": "volume"}, "1 x 1 x 6 x 11 x 13 .*reads"),
            ("channels", good, {"channels": 3}, "1 x 3 x 11 x 13 .*channels"),
            ("channel", good, {"channel": 1}, "has 1 channel and no channel 1"),
            ("logits", networks.threshold(2, 0, None), {"output": "probabilities"}, "no probability.*logits"),
            ("task", good, {"task": "classification"}, "one number a channel.*segmentation"),
            ("version", good, {"version": "another 1.0"}, "no longer 'another 1.0'")):
        code, shown, out = run(runtime, name, network, **options)
        lines = shown.strip().splitlines() or [""]
        check(f"{runtime}: {name} is an error that says so", code == 1 and re.search(f"^error: .*({said})", lines[-1]) and not out.exists(), (code, shown))


def bits(runtime):
    size, said = (128, 128, 2), []
    pathlib.Path("large.nii.gz").write_bytes(nifti([random.randint(-1000, 1000) for _ in range(size[0] * size[1] * size[2])], size))
    for processors in ({0}, os.sched_getaffinity(0)):
        own = os.sched_getaffinity(0)
        os.sched_setaffinity(0, processors & own or own)
        code, shown, out = run(runtime, "mean_of_box", networks.mean_of_box(2, 5), image="large.nii.gz", task="classification", output="scores",
                               combine="mean", environment={"OMP_NUM_THREADS": str(len(processors))})
        os.sched_setaffinity(0, own)
        said.append(out.read_text() if code == 0 else shown)
    check(f"{runtime}: all digits are the same on one processor and on all", said[0] == said[1] and said[0].startswith("score"), said)


def version_of(runtime):
    program = programs / f"vitrine-onnx-{runtime}"
    if not program.exists():
        return None, "was not built"
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True)
    except FileNotFoundError:
        return None, "node is not there"
    return (done.stdout.strip(), "") if done.returncode == 0 else (None, done.stderr.strip())


tested = sys.argv[2]
work = tempfile.TemporaryDirectory()
os.chdir(work.name)
pathlib.Path("image.nii.gz").write_bytes(nifti(HU))
said_by = {each: version_of(each) for each in ("opencv", "node")}
VERSIONS = {each: version for each, (version, why) in said_by.items() if version}
if tested not in VERSIONS:
    print(f"SKIPPED: runtime {tested}: {said_by[tested][1]}")
    sys.exit(77)
segmentation(tested)
volumes(tested)
detection(tested)
classification(tested, 2, "slices")
if tested == "node":  # OpenCV 4.6 pools no volumes
    classification(tested, 3, "volume")
mistakes(tested)
bits(tested)
if len(VERSIONS) == 2:
    for options in ({"patch": [6, 6]}, {"patch": [16, 7], "overlap": 0.3}, {"multiple_of": 7, "clip_hu": [-500, 400], "subtract_hu": -50}):
        masks = [mask(each, "box", networks.box(2, 3, 0), **options) for each in VERSIONS]
        check(f"both runtimes say the same, {options}", masks[0] == masks[1] and 0 < sum(masks[0]) < len(masks[0]))
    draw = random.Random(3)
    network = networks.u_net(2, lambda: draw.uniform(-1, 1))
    masks = [mask(each, "u_net", network, output="class_logits", channel=1, divide_by_hu=500, multiple_of=4) for each in VERSIONS]
    differ = sum(a != b for a, b in zip(*masks))
    check("both call the same voxels of a U-Net, but for some on the threshold", differ <= 2 and 0.1 < sum(masks[0]) / len(masks[0]) < 0.9, (differ, sum(masks[0])))
print(f"{VERSIONS[tested]}: {len(failures)} failed")
sys.exit(bool(failures))
