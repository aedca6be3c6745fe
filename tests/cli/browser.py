#!/usr/bin/env python3
"""The report in a browser: no message on the console (the page's own policy turns every request into one), charts drawn,
filters, sorting, feature pages and slices that do what they say, nothing wider than the screen.
    browser.py PROGRAM SOURCE_DIRECTORY
"""
import csv, html, json, pathlib, re, shutil, subprocess, sys, tempfile

program, source = sys.argv[1:3]
browser = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
if not browser:
    print("skipped: there is no Chromium to open the report in")
    sys.exit(77)
failures = []


def check(claim, true, what=""):
    if not true:
        failures.append(claim)
        print(f"FAILED: {claim} {what}")


def opened(page, width=1280, height=30000):
    """The page's elements after its scripts have run, and what was said on the console."""
    ran = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking", "--enable-logging=stderr",
         "--hide-scrollbars", "--virtual-time-budget=20000", f"--user-data-dir={work}/profile", f"--window-size={width},{height}",
         "--dump-dom", page], capture_output=True, text=True, timeout=240)
    return ran.stdout, [line for line in ran.stderr.splitlines() if "CONSOLE" in line]


def asked(script, width=1280, height=30000):
    """What a script finds out in the page after it was loaded."""
    harness = f"""<script>addEventListener("load", () => setTimeout(async () => {{
      const out = {{}}, wait = ms => new Promise(done => setTimeout(done, ms));
      const shown = selector => [...document.querySelectorAll(selector)].filter(e => !e.hidden && e.getClientRects().length);
      try {{ {script} }} catch (error) {{ out.error = String(error); }}
      const found = document.createElement("pre");
      found.id = "found";
      found.textContent = JSON.stringify(out);
      document.body.append(found);
    }}, 300));</script></body>"""
    changed = work / "asked.html"
    changed.write_text(report.replace("</body>", harness))
    dom, console = opened(changed.as_uri(), width, height)
    check("no message on the console", not console, console)
    found = re.search(r'<pre id="found">(.*?)</pre>', dom, re.S)
    check("the script ends", found)
    out = json.loads(html.unescape(found.group(1))) if found else {}
    check("the script runs", "error" not in out, out.get("error"))
    return out


with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    scenario = pathlib.Path(source, "tests/cli/tiny.yaml").read_text().replace("count: 2\n  anatomy", "count: 5\n  anatomy")
    scenario += "  features: [statistics, glcm]\noutputs: {images: [nifti]}\n"
    scenario = scenario.replace("trial: {name: tiny, seed: 7}", 'trial: {name: tiny, seed: 7, context_of_use: {question: "Which?"}}')
    (work / "tiny.yaml").write_text(scenario)
    subprocess.run([program, "run", "tiny.yaml", "--out", "out", "-q"], cwd=work, check=True)
    report = (work / "out/report.html").read_text()
    features = list(csv.DictReader((work / "out/stability.csv").open()))
    names = [row["feature"] for row in features]
    arms = len({row["arm"] for row in csv.DictReader((work / "out/bias.csv").open())})

    console = opened((work / "out/report.html").as_uri())[1]
    check("the page says nothing on the console", not console, console)
    # Charts and slices are drawn when they are seen, or printed: without a screen a browser may show no frame at all.
    found = asked("""
      dispatchEvent(new Event("beforeprint"));
      const canvas = id => document.getElementById(id).dataset;
      const painted = () => document.querySelectorAll("#stacks canvas[data-painted]").length;
      for (let i = 0; i < 60 && !(canvas("icc-chart").marks && canvas("volume-chart").marks && painted() > 3); ++i) await wait(200);
      out.icc = +canvas("icc-chart").marks; out.volume = +canvas("volume-chart").marks; out.painted = painted();""")
    icc = sum(row["icc_a1"] != "" for row in features)
    bars = sum(row["icc_a1_low"] != "" for row in features)
    check("a mark for each ICC and a bar for each interval", found.get("icc") == icc + bars > 40, (found, icc, bars))
    check("marks of the volume chart", (found.get("volume") or 0) > 20, found)
    check("slices of all arms are painted", found.get("painted") == arms, (found, arms))

    # What is asked of the network is seen: the same page with one picture from elsewhere.
    (work / "leak.html").write_text(report.replace("</main>", '<img src="http://127.0.0.1:9/x.png"></main>'))
    check("a request is seen", opened((work / "leak.html").as_uri())[1])

    found = asked("""
      const find = document.getElementById("find");
      const table = document.querySelector("#stability table.filtered");
      const visible = () => [...table.tBodies[0].rows].filter(r => !r.hidden).length;
      out.all = visible();
      find.value = "ENTROPY"; find.dispatchEvent(new Event("input")); out.entropy = visible();
      out.count = document.getElementById("count").textContent;
      find.value = ""; find.dispatchEvent(new Event("input"));
      document.querySelector('#families button[data-family="glcm"]').click(); out.glcm = visible();
      document.querySelector('#families button[data-family=""]').click();
      const grade = document.getElementById("only-grade");
      grade.value = "excellent"; grade.dispatchEvent(new Event("change")); out.excellent = visible();
      grade.value = ""; grade.dispatchEvent(new Event("change"));
      const verdict = document.getElementById("only-verdict");
      verdict.value = "unfit"; verdict.dispatchEvent(new Event("change")); out.unfit = visible();
      verdict.value = ""; verdict.dispatchEvent(new Event("change"));
      table.tHead.rows[0].cells[1].click();
      out.sorted = [...table.tBodies[0].rows].map(r => parseFloat(r.cells[1].dataset.value));
      table.tHead.rows[0].cells[0].dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
      out.first = table.tBodies[0].rows[0].cells[0].querySelector("a").textContent;
      document.getElementById("author-items").click();
      out.author = [...new Set(shown("tr.item").map(r => r.dataset.filled))];
      out.level = document.getElementById("stack-level").value;
      document.querySelector("#stacks button[data-level='40']").click();
      out.mediastinum = document.getElementById("stack-level").value;""")
    verdicts = [r for r in csv.DictReader((work / "out/verdict.csv").open()) if r["criterion"] == "all"]
    check("all features are shown", found.get("all") == len(names), found)
    check("the name is looked for in any case", found.get("entropy") == sum("entropy" in n for n in names) > 0, found)
    check("the number is said", found.get("count") == f"{found.get('entropy')} of {len(names)} features", found)
    check("the family filters", found.get("glcm") == sum(n.startswith("glcm") for n in names), found)
    good = sum(r["icc_a1_low"] != "" and float(r["icc_a1_low"]) >= 0.9 for r in features)
    check("the grade filters", found.get("excellent") == good, (found, good))
    check("the verdict filters", found.get("unfit") == sum(r["verdict"] == "unfit" for r in verdicts) > 0, found)
    numbers = [x for x in found.get("sorted", []) if x is not None]
    check("the largest ICC comes first", numbers == sorted(numbers, reverse=True) and len(numbers) == icc, numbers)
    check("the first name comes first", found.get("first") in (min(names), max(names)), found)
    check("only the author's items are left", found.get("author") == ["author"], found)
    check("one button sets the window of all", found.get("mediastinum") == "40", found)

    if 'id="volume"' in report:
        found = asked("""
          const part = document.getElementById("volume"), view = part.querySelector("div"), arms = part.querySelector("select");
          arms.selectedIndex = 1;
          part.querySelector("button").click();
          for (let i = 0; i < 60 && view.dataset.volume !== arms.value; ++i) await wait(200);
          const slices = document.querySelectorAll("#stacks canvas[data-stack]")[1], volume = view.niivue.volumes[0];
          out.says = part.querySelector("output").textContent; out.volume = view.dataset.volume; out.arm = arms.value;
          out.same = volume.img.length === slices.codes.length && volume.img.every((hu, i) => hu === data.levels[slices.codes[i]]);
          out.window = [volume.cal_min, volume.cal_max];
          out.affine = volume.hdr.affine; out.edge = slices.width;
          document.querySelector("#stacks button[data-level='40']").click();
          out.mediastinum = [volume.cal_min, volume.cal_max];
          arms.selectedIndex = 0;
          arms.dispatchEvent(new Event("change", {bubbles: true}));
          for (let i = 0; i < 60 && view.dataset.volume !== arms.value; ++i) await wait(200);
          out.other = view.dataset.volume !== out.arm; out.volumes = view.niivue.volumes.length;""")
        check("the volume of the chosen arm is shown", found.get("volume") == found.get("arm") and found.get("other") and found.get("volumes") == 1, found)
        check("its voxels are the slices'", found.get("same") is True, found)
        check("its window is the slices'", found.get("window") == [-1350, 150] and found.get("mediastinum") == [-160, 240], found)
        pixel = 96 / found.get("edge", 1)
        steps = [row[i] for i, row in enumerate(found.get("affine", [])[:3])]
        check("rows go left, columns back, slices up", steps and abs(steps[0] + pixel) < 1e-5 > abs(steps[1] + pixel) and steps[2] > 0, found)
    else:
        print("skipped: this build has no viewer of volumes (scripts/setup.sh fetches it where npm is)")

    found = asked("""
      location.hash = "feature/glcm.contrast"; await wait(200);
      out.heading = document.querySelector("#feature-page h2").textContent;
      out.title = document.title;
      out.marks = [...document.querySelectorAll("#feature-page canvas")].map(c => +c.dataset.marks);
      out.sections = shown("main > *").map(e => e.id);
      document.querySelector("#feature-page .steps a:last-child").click(); await wait(200);
      out.next = document.querySelector("#feature-page h2").textContent;
      document.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true})); await wait(200);
      out.back = shown("#stability").length;
      location.hash = "feature/nothing"; await wait(200);
      out.unknown = shown("#stability").length;""")
    check("a feature has a page of its own", found.get("heading") == "glcm.contrast" and found.get("title", "").startswith("glcm"), found)
    check("with its charts", len(found.get("marks", [])) == 3 and all(m > 0 for m in found["marks"]), found)
    check("alone", found.get("sections") == ["feature-page"], found)
    check("the next one follows", found.get("next") == names[names.index("glcm.contrast") + 1], found)
    check("Escape leads back", found.get("back") == 1 and found.get("unknown") == 1, found)

    # Nothing is wider than a telephone's screen: 400 pixels, in a frame, since windows are wider.
    for place in ("", "#feature/glcm.contrast"):
        (work / "frame.html").write_text(
            f'<body><iframe width="400" height="30000" src="asked.html{place}"></iframe><script>onmessage = e => '
            '{ document.title = "wide " + e.data; };</script>')
        (work / "asked.html").write_text(report.replace("</body>", """<script>setTimeout(() => {
          // Tables, the navigation and drawings scroll within themselves.
          const own = ".scroll *, nav *, figure svg, figure svg *";
          const wide = [...document.querySelectorAll("body *")].filter(e => e.getClientRects().length && !e.matches(own) &&
            !e.closest(".hidden, [hidden]") && e.getBoundingClientRect().right > innerWidth + 1);
          parent.postMessage(`${innerWidth}: ${wide.length} ${wide.slice(0, 3).map(e => e.tagName + "." + e.className)}`, "*");
        }, 2000);</script></body>"""))
        dom, _ = opened((work / "frame.html").as_uri(), 800)
        wide = re.search(r"<title>wide 400: (\d+) ", dom)
        check("the page fits 400 pixels", wide and wide.group(1) == "0", (place, re.findall("<title>.*?</title>", dom)))

print(f"{len(failures)} claims fail" if failures else "the report holds in the browser")
sys.exit(1 if failures else 0)
