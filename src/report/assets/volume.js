// One arm's slices as a volume in NiiVue, which the page carries packed and unpacks when it is asked for.
const volumePart = document.getElementById("volume");
if (volumePart) {
  const sheet = document.getElementById("stacks");
  const canvases = [...sheet.querySelectorAll("canvas[data-stack]")];
  const knob = name => +document.getElementById(`stack-${name}`).value;
  const arm = volumePart.querySelector("select"), view = volumePart.querySelector("div"), says = volumePart.querySelector("output");
  let shown;  // the Niivue object

  async function unpacked(id) {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), c => c.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  }

  /// NIfTI-1 of a canvas's codes in HU; rows go to the patient's left and back, NIfTI counts right and front.
  function volumeOf(canvas) {
    const edge = canvas.width, slices = canvas.codes.length / (edge * edge);
    const pixel = volumePart.dataset.edgeMm / edge, step = +volumePart.dataset.sliceMm;
    const file = new DataView(new ArrayBuffer(352 + 2 * canvas.codes.length));
    const put = (type, at, ...numbers) => numbers.forEach((number, i) => file[`set${type}`](at + i * (type === "Float32" ? 4 : 2), number, true));
    file.setInt32(0, 348, true);
    put("Int16", 40, 3, edge, edge, slices, 1, 1, 1, 1);
    put("Int16", 70, 4, 16);                        // 16-bit integers
    put("Float32", 76, 1, pixel, pixel, step);
    put("Float32", 108, 352, 1, 0);                 // where voxels start, slope, intercept
    file.setUint8(123, 2);                          // mm
    put("Int16", 254, 1);                           // the rows below place the voxels
    const middle = (edge - 1) / 2 * pixel;
    put("Float32", 280, -pixel, 0, 0, middle, 0, -pixel, 0, middle, 0, 0, step, -(slices - 1) / 2 * step);
    [0x6e, 0x2b, 0x31, 0].forEach((byte, i) => file.setUint8(344 + i, byte));  // n+1
    canvas.codes.forEach((code, i) => file.setInt16(352 + 2 * i, data.levels[code], true));
    return file.buffer;
  }

  function setWindow() {
    const volume = shown?.volumes[0];
    if (!volume) return;
    volume.cal_min = knob("level") - knob("width") / 2;
    volume.cal_max = knob("level") + knob("width") / 2;
    shown.updateGLVolume();
  }

  async function open() {
    says.textContent = "";
    view.hidden = false;
    try {
      if (!shown) {
        document.head.append(element("script", {}, await unpacked("volume-library")));
        shown = new niivue.Niivue({backColor: [0, 0, 0, 1], isRadiologicalConvention: true, dragAndDropEnabled: false, logLevel: "silent"});
        await shown.attachToCanvas(view.firstChild);
        shown.setMultiplanarLayout(3);               // all planes in a row
        view.niivue = shown;
      }
      const canvas = canvases[arm.selectedIndex];
      await canvas.load();
      shown.volumes.slice().forEach(volume => shown.removeVolume(volume));
      await shown.loadFromArrayBuffer(volumeOf(canvas), `${arm.value}.nii`);
      setWindow();
      view.dataset.volume = arm.value;
    } catch (error) {
      view.hidden = true;
      says.textContent = `This browser cannot show volumes (WebGL 2 and DecompressionStream are needed): ${error.message}`;
    }
  }
  volumePart.querySelector("button").addEventListener("click", open);
  arm.addEventListener("change", () => { if (shown) open(); });
  sheet.addEventListener("input", setWindow);
  sheet.addEventListener("click", e => { if (e.target.dataset.level) setWindow(); });
}
