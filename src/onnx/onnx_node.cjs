#!/usr/bin/env node
// Runs a network of an ONNX file on an image by ONNX Runtime, for `vitrine stress` (reader onnx with runtime: node).
//   vitrine-onnx-node --version
//   vitrine-onnx-node RUNTIME MODEL SETTINGS IMAGE OUTPUT
// RUNTIME is what --version says, SETTINGS are the reader's keys as JSON. OUTPUT: NIfTI of a segmentation, CSV of a
// detection or classification. What it does is what src/onnx does with OpenCV; a test holds them to the same masks.
'use strict'
const fs = require('fs'), path = require('path'), zlib = require('zlib')

function need(good, message) { if (!good) throw new Error(message) }

function runtime() {
  try {
    const ort = require('onnxruntime-node')
    const home = path.dirname(require.resolve('onnxruntime-node/package.json'))
    return [ort, 'onnxruntime-node ' + JSON.parse(fs.readFileSync(path.join(home, 'package.json'))).version]
  } catch (error) {
    throw new Error('onnxruntime-node cannot be loaded (' + error.message.split('\n')[0] + '). Run `npm install --ignore-scripts onnxruntime-node` in a ' +
      'folder of yours and set NODE_PATH to its node_modules, or say runtime: opencv')
  }
}

// Voxels along i, j, k of a NIfTI-1 file in HU, and its header.
function readImage(file) {
  const packed = fs.readFileSync(file)
  const bytes = packed[0] === 0x1f && packed[1] === 0x8b ? zlib.gunzipSync(packed) : packed
  need(bytes.length > 352 && bytes.readInt32LE(0) === 348, 'the image is no NIfTI-1 file of this byte order')
  const size = [1, 2, 3].map(a => a <= bytes.readInt16LE(40) ? bytes.readInt16LE(40 + 2 * a) : 1)
  const count = size[0] * size[1] * size[2], first = bytes.readFloatLE(108)
  const types = {2: [Uint8Array, 1], 4: [Int16Array, 2], 8: [Int32Array, 4], 16: [Float32Array, 4], 64: [Float64Array, 8], 512: [Uint16Array, 2]}
  const [Type, width] = types[bytes.readInt16LE(70)] || []
  need(Type, 'the image stores numbers of a type that is not known here (' + bytes.readInt16LE(70) + ')')
  need(bytes.length >= first + count * width, 'the image ends too early')
  const raw = new Type(bytes.buffer.slice(bytes.byteOffset + first, bytes.byteOffset + first + count * width))
  const slope = bytes.readFloatLE(112) || 1, intercept = bytes.readFloatLE(112) ? bytes.readFloatLE(116) : 0
  return {size, header: Buffer.from(bytes.subarray(0, 352)), hu: Float32Array.from(raw, x => x * slope + intercept)}
}

function writeMask(file, image, mask) {
  const header = image.header
  header.writeInt16LE(2, 70), header.writeInt16LE(8, 72)
  header.writeFloatLE(352, 108), header.writeFloatLE(1, 112), header.writeFloatLE(0, 116)
  header.writeInt32LE(0, 348) // no extensions
  fs.writeFileSync(file, zlib.gzipSync(Buffer.concat([header, mask])))
}

// The parts of an image that the network reads (src/onnx/windows.hpp).
function windowsOf(image, s) {
  const size = image.map((n, a) => s.reads === 'slices' && a === 2 ? 1
    : s.patch.length === 0 ? Math.ceil(n / s.multiple_of) * s.multiple_of : s.patch[a])
  const starts = size.map((n, a) => {
    const step = Math.max(1, Math.round(n * (1 - s.overlap))), all = [0]
    while (all.at(-1) + n < image[a]) all.push(Math.min(all.at(-1) + step, image[a] - n))
    return all
  })
  return {size, starts}
}

function inputOf(image, s, window, first) {
  const [ni, nj, nk] = image.size, voxels = window[0] * window[1] * window[2]
  const values = new Float32Array(voxels * s.channels)
  let v = 0
  for (let k = first[2]; k < first[2] + window[2]; ++k)
    for (let j = first[1]; j < first[1] + window[1]; ++j)
      for (let i = first[0]; i < first[0] + window[0]; ++i) {
        let hu = i < ni && j < nj && k < nk ? image.hu[(k * nj + j) * ni + i] : s.pad_hu
        if (s.clip_hu.length > 0) hu = Math.min(Math.max(hu, s.clip_hu[0]), s.clip_hu[1])
        values[v++] = (hu - s.subtract_hu) / s.divide_by_hu
      }
  for (let c = 1; c < s.channels; ++c) values.copyWithin(c * voxels, 0, voxels)
  const depth = s.reads === 'volume' ? [window[2]] : []
  return {shape: [1, s.channels, ...depth, window[1], window[0]], values}
}

// What an output says about a voxel, as a function of its number (src/onnx/reading.cpp).
function outputOf(s, values, voxels) {
  const channels = values.length / voxels
  need(s.channel < channels, `the network's output has ${channels} ${channels === 1 ? 'channel' : 'channels'} and no channel ${s.channel} (they are counted from 0). ` +
    'Choose another `channel`')
  need(values.every(Number.isFinite), "the network's output is not finite (NaN or infinite). Look at clip_hu, subtract_hu and divide_by_hu, and at " +
    "the network's weights")
  return voxel => {
    const x = values[s.channel * voxels + voxel]
    if (s.output === 'logits') return 1 / (1 + Math.exp(-x))
    if (s.output === 'class_logits') {
      let sum = 0
      for (let c = 0; c < channels; ++c) sum += Math.exp(values[c * voxels + voxel] - x)
      return 1 / sum
    }
    if (s.output === 'largest_class') {
      for (let c = 0; c < channels; ++c) {
        const other = values[c * voxels + voxel]
        if (other > x || c < s.channel && other === x) return 0
      }
      return 1
    }
    if (s.output === 'scores') return x
    need(x >= -1e-4 && x <= 1 + 1e-4, `the network's output holds ${x}, which is no probability. Say output: logits, class_logits, ` +
      'largest_class or scores, whichever it is')
    return Math.min(Math.max(x, 0), 1)
  }
}

async function open(ort, file) {
  const bytes = fs.readFileSync(file)
  need(bytes.length > 0, 'the ONNX file is empty. Export the network again')
  let session
  try {
    session = await ort.InferenceSession.create(bytes, {
      executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', logSeverityLevel: 4})
  } catch (error) {
    throw new Error(`ONNX Runtime cannot read the network (${short(error)}). Is it a whole ONNX file, of operators that it knows?`)
  }
  const names = session.outputNames
  need(names.length === 1, `the network has ${names.length} outputs. Keep the one that counts (onnx.utils.extract_model writes such a file)`)
  need(session.inputNames.length === 1, `the network has ${session.inputNames.length} inputs. Keep the image alone`)
  return async input => {
    try {
      const tensor = new ort.Tensor('float32', input.values, input.shape)
      const output = (await session.run({[session.inputNames[0]]: tensor}))[names[0]]
      need(output.type === 'float32', `its output is of type ${output.type}, not float32`)
      return {shape: Array.from(output.dims), values: output.data}
    } catch (error) {
      throw new Error(`ONNX Runtime cannot run the network on ${input.shape.join(' x ')} (${short(error)}). Look at reads, channels, patch and multiple_of`)
    }
  }
}

function short(error) {
  const text = error.message.replace(/\s+/g, ' ').trim()
  return text.length > 240 ? text.slice(0, 240) + ' ...' : text
}

// Runs the network on every window.
async function runAll(image, s, windows, network, told) {
  for (const k of windows.starts[2]) for (const j of windows.starts[1]) for (const i of windows.starts[0]) {
    const input = inputOf(image, s, windows.size, [i, j, k])
    told([i, j, k], input, await network(input))
  }
}

// What the network says about each voxel: the mean over all windows that cover it.
async function valuesOf(image, s, network) {
  const [ni, nj, nk] = image.size, windows = windowsOf(image.size, s), [wi, wj, wk] = windows.size
  const sum = new Float64Array(ni * nj * nk)
  await runAll(image, s, windows, network, (first, input, out) => {
    const fits = out.shape.length === input.shape.length && out.shape[0] === 1 && out.shape.every((n, a) => a < 2 || n === input.shape[a])
    need(fits, `the network's output is ${out.shape.join(' x ')} of an input of ${input.shape.join(' x ')} (batch, channels, and the same voxels are ` +
      'needed). Give the size that it was made for by patch or multiple_of, or say task: classification')
    const value = outputOf(s, out.values, wi * wj * wk)
    let v = 0
    for (let k = first[2]; k < first[2] + wk; ++k)
      for (let j = first[1]; j < first[1] + wj; ++j)
        for (let i = first[0]; i < first[0] + wi; ++i, ++v)
          if (i < ni && j < nj && k < nk) sum[(k * nj + j) * ni + i] += value(v)
  })
  const times = windows.starts.map((starts, a) => {
    const count = new Array(image.size[a]).fill(0)
    for (const start of starts) for (let v = start; v < Math.min(start + windows.size[a], count.length); ++v) ++count[v]
    return count
  })
  let v = 0
  for (const k of times[2]) for (const j of times[1]) for (const i of times[0]) sum[v++] /= i * j * k
  return sum
}

async function segment(image, s, network) {
  return Buffer.from((await valuesOf(image, s, network)).map(value => value >= s.threshold ? 1 : 0))
}

// Numbers of the voxels of each connected part (by faces) of those from the threshold on.
function partsOf([ni, nj, nk], values, threshold) {
  const seen = new Uint8Array(values.length), parts = []
  const steps = [[1, ni, 1], [ni, nj, ni], [ni * nj, nk, ni * nj]] // divisor and length of an axis, and a step along it
  for (let first = 0; first < values.length; ++first) {
    if (seen[first] || !(values[first] >= threshold)) continue
    const part = [first]
    seen[first] = 1
    for (let n = 0; n < part.length; ++n)
      for (const [divisor, length, step] of steps) {
        const at = Math.floor(part[n] / divisor) % length
        for (const next of [at > 0 ? part[n] - step : -1, at + 1 < length ? part[n] + step : -1])
          if (next >= 0 && !seen[next] && values[next] >= threshold) seen[next] = 1, part.push(next)
      }
    parts.push(part)
  }
  return parts
}

// The parts, the surest first: where (mm, DICOM's LPS) and how sure.
async function detect(image, s, network) {
  need(image.header.readInt16LE(254) > 0, 'the image has no matrix (sform) that says where it lies')
  const matrix = [0, 1, 2].map(row => [0, 1, 2, 3].map(column => image.header.readFloatLE(280 + 16 * row + 4 * column)))
  const values = await valuesOf(image, s, network), [ni, nj] = image.size
  const points = partsOf(image.size, values, s.threshold).map(part => {
    const mean = [v => v % ni, v => Math.floor(v / ni) % nj, v => Math.floor(v / (ni * nj))].map(
      index => part.reduce((sum, v) => sum + index(v), 0) / part.length)
    const [x, y, z] = matrix.map(row => row[0] * mean[0] + row[1] * mean[1] + row[2] * mean[2] + row[3])
    return {centre: [-x, -y, z], score: part.reduce((most, v) => Math.max(most, values[v]), -Infinity)}
  })
  return points.sort((a, b) => b.score - a.score).slice(0, s.most)
}

async function rate(image, s, network) {
  const windows = windowsOf(image.size, s), ratings = []
  await runAll(image, s, windows, network, (first, input, out) => {
    const longer = out.shape.filter(n => n !== 1).length
    const fits = longer === 0 || longer === 1 && (out.shape.length === 1 || out.shape[1] !== 1)
    need(fits && out.values.length > 0, `the network's output is ${out.shape.join(' x ')} of an input of ${input.shape.join(' x ')} (a classifier gives ` +
      'one number a channel). Say task: segmentation, or end the network in a pooling of the whole')
    ratings.push(outputOf(s, out.values, 1)(0))
  })
  return s.combine === 'maximum' ? ratings.reduce((a, b) => Math.max(a, b)) : ratings.reduce((a, b) => a + b) / ratings.length
}

async function main(args) {
  if (args.length === 1 && args[0] === '--version') return console.log(runtime()[1])
  if (args.length !== 5) {
    process.exitCode = 2
    return console.error('usage: vitrine-onnx-node --version\n       vitrine-onnx-node RUNTIME MODEL SETTINGS IMAGE OUTPUT')
  }
  const [wanted, model, settings, file, output] = args, s = JSON.parse(settings)
  const [ort, name] = runtime()
  need(wanted === name, `this is ${name}, and no longer '${wanted}'. Start \`vitrine stress\` again`)
  const network = await open(ort, model), image = readImage(file)
  if (s.task === 'segmentation') return writeMask(output, image, await segment(image, s, network))
  if (s.task === 'detection') {
    const rows = (await detect(image, s, network)).map(point => [...point.centre, point.score].join(','))
    return fs.writeFileSync(output, ['x_mm,y_mm,z_mm,score', ...rows, ''].join('\n'))
  }
  const column = s.output === 'scores' ? 'score' : 'probability'
  fs.writeFileSync(output, `${column}\n${await rate(image, s, network)}\n`)
}

main(process.argv.slice(2)).catch(error => {
  console.error('error: ' + error.message)
  process.exitCode = 1
})
