#!/usr/bin/env python3
"""`vitrine stress` with networks in ONNX files: the block that docs/users/stress.md shows, consent, and what goes wrong.

stress_onnx.py PROGRAM SOURCE_DIRECTORY RUNTIME

What needs the runtime is skipped (exit code 77) where that is not there.
"""
import csv, gzip, hashlib, json, os, pathlib, re, shutil, struct, subprocess, sys, tempfile

import onnx_model as networks

program, source = pathlib.Path(sys.argv[1]).absolute(), pathlib.Path(sys.argv[2]).absolute()
work = tempfile.TemporaryDirectory()
os.chdir(work.name)
failures = []


def check(claim, holds, shown=""):
    if not holds:
        failures.append(claim)
        print(f"FAILED: {claim}\n{shown!s:.1500}")


def run(*arguments, of=program, **environment):
    done = subprocess.run([of, *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, "XDG_CONFIG_HOME": os.getcwd(), **environment})
    return done.returncode, done.stdout + done.stderr


def stress(out, *models, more=("--yes",), **options):
    """Code and what was printed, of models given as flow maps of YAML."""
    pathlib.Path("with.yaml").write_text("stress: {models: [" + ", ".join(models) + "]}\n")
    return run("stress", "trial", "--with", "with.yaml", "-o", out, *more, **options)


def network(name, file, more=""):
    return f"{{name: {name}, reader: {{kind: onnx, file: {file}{more}}}}}"


def voxels(file, code):
    data = gzip.decompress(file.read_bytes())
    first = int(struct.unpack_from("<f", data, 108)[0])
    return struct.unpack(f"<{(len(data) - first) // struct.calcsize(code)}{code}", data[first:])


def images():
    return {f"{p.parent.name}__{p.name}": p for p in pathlib.Path("trial/images").glob("*/*.nii.gz")}


def same_as(out, model, wanted):
    """Whether every mask that was found is what `wanted` says of the image's HU."""
    found = {name: pathlib.Path(out, "found", model, name) for name in images()}
    return all(found[name].exists() and list(voxels(found[name], "B")) == [int(wanted(hu)) for hu in voxels(image, "h")]
               for name, image in images().items())


def documented(runtime):
    """The model of the documentation that this runtime runs, with a network of which one knows what it says."""
    page = (source / "docs/users/stress.md").read_text()
    block = next(b for b in re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S) if "kind: onnx" in b)
    head, *parts = re.split(r"(?=^    - name: )", block, flags=re.M)
    part = next(p for p in parts if ("runtime: node" in p) == (runtime == "node"))
    pathlib.Path("documented.yaml").write_text(head + part)
    pathlib.Path("slices.onnx").write_bytes(networks.threshold(2, 0.5, None))
    pathlib.Path("volumes.onnx").write_bytes(networks.convolution(3, 1, [-1.0, 1.0], [-200.0, 200.0]))
    name, limit = ("volumes", -200) if runtime == "node" else ("slices", -300)
    code, said = run("stress", "trial", "--with", "documented.yaml", "--yes", "-o", "documented")
    check("the documented block runs", code == 0 and f"{name} (segmentation): 4 images, failed on 0" in said, said)
    check(f"the documented {name} are a threshold at {limit} HU", same_as("documented", name, lambda hu: hu >= limit))
    code, said = run("stress", "trial", "--with", "documented.yaml", "--yes", "-o", "documented", OMP_NUM_THREADS="1")
    check("nothing is read twice", ", 4 kept" in said, said)


def consent(runtime, version):
    pathlib.Path("mine.onnx").write_bytes(networks.threshold(2, 40.5))
    mine = network("mine", "mine.onnx", f", runtime: {runtime}, output: probabilities")
    code, said = stress("mine", mine, more=())
    check(f"{runtime}: a network runs after consent alone", code == 2 and "nobody agreed" in said and version in said, said)
    pathlib.Path("consent").write_text(re.search("[0-9a-f]{64} mine", said).group() + "\n")
    code, said = stress("mine", mine, more=("--consent", "consent"))
    check(f"{runtime}: it runs after it", code == 0 and "4 images, failed on 0" in said, said)
    page = pathlib.Path("mine/stress.html").read_text()
    digest = hashlib.sha256(pathlib.Path("mine.onnx").read_bytes()).hexdigest()
    check(f"{runtime}: the page names the network and what ran it", f"runs_by&quot;:&quot;{version}" in page and digest in page)
    pathlib.Path("mine.onnx").write_bytes(networks.threshold(2, 41.5))
    code, said = stress("mine", mine, more=("--consent", "consent"))
    check(f"{runtime}: another network is asked for again", code == 2 and "nobody agreed" in said, said)
    code, said = stress("mine", mine)
    check(f"{runtime}: and read again", code == 0 and "kept" not in said and same_as("mine", "mine", lambda hu: hu >= 42), said)
    shutil.rmtree("mine")


def classifier(runtime):
    pathlib.Path("mean.onnx").write_bytes(networks.mean(2))
    code, said = stress("rated", network("mean", "mean.onnx", f", runtime: {runtime}, task: classification, output: scores, combine: mean"))
    rows = [row for row in csv.DictReader(open("rated/stress.csv")) if row["model"] == "mean"]
    means = {name.split(".")[0]: sum(voxels(p, "h")) / len(voxels(p, "h")) for name, p in images().items()}
    good = code == 0 and len(rows) == 4
    good = good and all(abs(float(row["rating"]) - m) < 0.01 for row, m in zip(sorted(rows, key=lambda r: float(r["rating"])), sorted(means.values())))
    check(f"{runtime}: an image's rating is the mean of its voxels", good, (said, rows, means))
    shutil.rmtree("rated")


def detector(runtime):
    pathlib.Path("hu.onnx").write_bytes(networks.threshold(2, 0, None))
    code, said = stress("detected", network("hu", "hu.onnx", f", runtime: {runtime}, task: detection, output: scores, threshold: -200, most: 1"))
    check(f"{runtime}: a network detects", code == 0 and "hu (detection): 4 images, failed on 0" in said, said)
    for image, file in images().items():
        case = json.loads(pathlib.Path("detected/cases/hu", image.replace(".nii.gz", ".json")).read_text())
        scores = [point[3] for point in case["points"]]
        check(f"{runtime}: the surest finding of {image} is that of the brightest voxel", scores == [max(voxels(file, "h"))], case)
    shutil.rmtree("detected")


def mistakes(runtime):
    pathlib.Path("unknown.onnx").write_bytes(networks.unknown())
    pathlib.Path("half.onnx").write_bytes(networks.threshold(2, 0)[:90])
    for file, why in (("unknown", "Frobnicate"), ("half", "whole ONNX file")):
        code, said = stress("bad", network("bad", file + ".onnx", f", runtime: {runtime}"))
        rows = pathlib.Path("bad/stress.csv").read_text()
        check(f"{runtime}: {file} fails on every image, and says why", code == 0 and "failed on 4" in said and why in rows, (said, rows))
        shutil.rmtree("bad")


def before_anything():
    code, said = stress("none", network("mine", "none.onnx"))
    check("a file that is not there is said before anything runs", code == 2 and "there is no file 'none.onnx'" in said, said)
    code, said = run("stress", "trial", "onnx")
    check("a network has no defaults", code == 2 and "there is no model 'onnx'" in said, said)
    for more, why in ((", clip_hu: [3, 1]", "clip_hu must be"), (", patch: [3]", "patch must be"), (", reads: volume, patch: [3, 3]", "patch must be"),
                      (", patch: [8, 8], multiple_of: 4", "exclude"), (", threshold: 2", "only scores"), (", runtim: node", "Did you mean 'runtime'")):
        code, said = stress("none", network("a", "slices.onnx", more))
        check(f"{more} is refused with its place", code == 2 and re.search(r"with\.yaml:1:\d+.*" + why, said), said)
    os.mkdir("alone")
    shutil.copy(program, "alone/vitrine")
    for runtime, why in (("opencv", "libopencv-dnn-dev"), ("node", "reader command")):
        code, said = stress("none", network("a", "slices.onnx", f", runtime: {runtime}"), of="alone/vitrine", PATH="/nonexistent")
        check(f"without the program of {runtime} one is told the way out", code == 2 and "there is no program 'vitrine-onnx-" in said and why in said, said)
    pathlib.Path("mine.yaml").write_text("stress: {models: [{name: a, reader: {kind: command, arguments: ['vitrine-onnx-{image}{output}']}}]}\n")
    code, said = run("stress", "trial", "--with", "mine.yaml", "--yes", "-o", "none")
    check("a command of such a name is a command", code == 4 and "there is no program 'vitrine-onnx-{image}{output}'" in said, said)
    os.mkdir("bin")
    pathlib.Path("bin/env").symlink_to("/usr/bin/env")
    code, said = stress("none", network("a", "slices.onnx", ", runtime: node"), PATH=os.path.abspath("bin"))
    check("without Node.js one is told the way out", code == 2 and "node" in said and "say the other runtime" in said, said)
    code, said = stress("none", network("a", "slices.onnx", ", runtime: node"), more=(), NODE_PATH="/nonexistent")
    if shutil.which("node") and "nobody agreed" not in said:  # unless it is in a place where Node.js always looks
        check("without ONNX Runtime, too", code == 2 and "npm install" in said and "NODE_PATH" in said, said)
    check("nothing was written", not os.path.exists("none"))


def version_of(runtime):
    try:
        done = subprocess.run([program.parent / f"vitrine-onnx-{runtime}", "--version"], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


tiny = (source / "tests/cli/tiny.yaml").read_text()
tiny = re.sub(r"^  vary: .*", "  vary: {tube_load_mas: [80, 20]}", re.sub(r"^  repeat: .*\n", "", tiny, flags=re.M), flags=re.M)
pathlib.Path("tiny.yaml").write_text(tiny + "outputs: {images: [nifti], report: none}\n")
code, said = run("run", "tiny.yaml", "--out", "trial", "-q")
check("the trial runs", code == 0, said)
pathlib.Path("slices.onnx").write_bytes(networks.threshold(2, 0))
before_anything()
tested, version = sys.argv[3], version_of(sys.argv[3])
if version:
    documented(tested)
    consent(tested, version)
    classifier(tested)
    detector(tested)
    mistakes(tested)
else:
    print(f"SKIPPED: the runtime {tested} is not there")
print(f"{version or tested}: {len(failures)} failed")
sys.exit(bool(failures) or (0 if version else 77))
