#!/usr/bin/env python3
"""What programs and people rely on around a run: terminals, logs, the audit log, JSON, exit codes, a failed case.

behaviour.py PROGRAM SOURCE_DIRECTORY
"""
import csv, fcntl, hashlib, json, os, pathlib, pty, re, resource, shutil, struct, subprocess, sys, tempfile, termios

program, source = sys.argv[1], pathlib.Path(sys.argv[2])
work = pathlib.Path(tempfile.mkdtemp())
os.chdir(work)
failures = []
quiet_environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "CLICOLOR_FORCE", "TERM")}
TRIAL = ["run", str(source / "tests/cli/tiny.yaml"), "--set", "patients.count=1", "--set", "arms.repeat.count=0",
         "--set", "arms.vary={tube_load_mas: [80, 20]}", "--set", "outputs.images=[nifti]", "--set", "measure.features=[statistics]",
         "--set", "analyse=[]", "--set", "arms.protocol.slices=4", "--set", "arms.protocol.matrix=48"]


def check(claim, holds, shown=""):
    if not holds:
        failures.append(claim)
        print(f"FAILED: {claim}\n{shown!s:.1500}")


def run(*arguments, **environment):
    """Exit code, standard output, error stream; neither is a terminal."""
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, stdin=subprocess.DEVNULL,
                          env={**quiet_environment, **environment})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def on_terminal(columns, *arguments, **environment):
    """Exit code and everything shown on a terminal of so many columns."""
    process, terminal = pty.fork()
    if process == 0:
        try:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.execve(program, [program, *map(str, arguments)], {**quiet_environment, "TERM": "xterm", **environment})
        finally:
            os._exit(127)
    shown = b""
    try:
        while piece := os.read(terminal, 65536):
            shown += piece
    except OSError:  # Linux says so when the other end is closed
        pass
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown.decode()


def terminals():
    code, shown = on_terminal(40, *TRIAL, "--out", "narrow")
    rewrites = shown.split("\r\x1b[K")[1:]
    check("a terminal shows one line that is rewritten", code == 0 and len(rewrites) >= 2, shown)
    check("it fits into 39 of 40 columns", all(len(line.split("\r\n")[0]) <= 39 for line in rewrites), rewrites)
    check("a stage that does not fit is cut with an ellipsis", any("…" in line for line in rewrites), rewrites)
    check("the end is shown", "100 %" in rewrites[-1] and "report: " in rewrites[-1], rewrites[-1:])
    for columns in (1, 2, 0):
        code, shown = on_terminal(columns, *TRIAL, "--out", "narrow")
        widest = max(len(line.split("\r\n")[0]) for line in shown.split("\r\x1b[K")[1:])
        check(f"{columns} columns do no harm", code == 0 and widest <= (columns or 80), shown)

    shutil.rmtree("narrow")
    code, shown = on_terminal(80, *TRIAL, "--out", "narrow", TERM="dumb")
    check("TERM=dumb has no control sequences", code == 0 and "\x1b" not in shown and "  0 %" in shown, shown)

    code, out, said = run(*TRIAL, "--out", "plain", "--verbose")
    lines = said.splitlines()
    check("no terminal, no control sequences", code == 0 and not re.search("[\r\x1b]", out + said), said)
    check("--verbose has a line for every stage", sum("%" in line for line in lines) >= 6 and "patient" in said, said)
    check("--verbose says version, level and threads", re.search(r"level (portable|v3), \d+ threads, 0 of 1 cases", said), said)
    code, out, said = run(*TRIAL, "--out", "plain", "--quiet")
    check("--quiet says nothing", (code, out, said) == (0, "", ""), out + said)
    check("--quiet and --verbose exclude each other", run(*TRIAL, "--out", "plain", "-q", "-v")[0] == 2)


def colours():
    wrong = ["status", work / "nothing"]
    red = "\x1b[1;31mvitrine:\x1b[0m"
    for claim, coloured, shown in [
            ("errors are coloured on a terminal", True, on_terminal(80, *wrong)[1]),
            ("NO_COLOR keeps colours away", False, on_terminal(80, *wrong, NO_COLOR="1")[1]),
            ("an empty NO_COLOR does not", True, on_terminal(80, *wrong, NO_COLOR="")[1]),
            ("TERM=dumb has no colours", False, on_terminal(80, *wrong, TERM="dumb")[1]),
            ("a pipe has no colours", False, run(*wrong)[2]),
            ("CLICOLOR_FORCE colours a pipe", True, run(*wrong, CLICOLOR_FORCE="1")[2]),
            ("CLICOLOR_FORCE=0 does not", False, run(*wrong, CLICOLOR_FORCE="0")[2]),
            ("NO_COLOR is stronger than CLICOLOR_FORCE", False, run(*wrong, CLICOLOR_FORCE="1", NO_COLOR="1")[2])]:
        check(claim, (red in shown) == coloured and ("\x1b" in shown) == coloured and "holds no trial" in shown, shown)


def logs():
    lines = [json.loads(line) for line in open("plain/run.jsonl")]
    check("run.jsonl has time, level, event and seconds in every line",
          all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["time"]) and line["level"] in ("debug", "info", "warning", "error")
              and line["seconds"] >= 0 for line in lines), lines)
    events = [line["event"] for line in lines]
    check("a verbose run logs its stages", events[0] == "run_started" and events.count("stage") >= 5 and "case_finished" in events, events)
    check("the next run, not verbose, logs none", events[-2:] == ["run_resumed", "finished"], events)
    check("its end says what it took", lines[-1]["peak_memory_bytes"] > 1e6 and lines[-1]["failed_cases"] == 0, lines[-1])
    stage = next(line for line in lines if line["event"] == "stage")
    check("a stage has its case", stage["case"] == "case001" and stage["stage"] and stage["done_percent"] == 0, stage)
    with open("plain/run.jsonl", "a") as log:
        log.write('{"time":"2026-0')  # as a killed run may leave it
    code, _, said = run(*TRIAL, "--out", "plain", "-q", "--log", "all.jsonl")
    check("a torn line of run.jsonl is ended", code == 0 and open("plain/run.jsonl").read().splitlines()[-3] == '{"time":"2026-0', said)
    check("--log writes to a file of one's own", json.loads(open("all.jsonl").readlines()[-1])["event"] == "finished")
    check("a log that cannot be opened is an error", run(*TRIAL, "--out", "plain", "--log", "no/such/dir/x")[0] == 4)


def audit():
    def verify(*more):
        return run("audit", "verify", "plain", *more)

    code, out, said = verify()
    head = run("audit", "head", "plain")[1].strip()
    check("an audit log verifies", code == 0 and f"head {head}" in out and re.fullmatch("[0-9a-f]{64}", head), out + said)
    text = open("plain/audit.log").read()
    lines = [json.loads(line) for line in text.splitlines()]
    content = re.sub(r',"sha256":"[0-9a-f]*"\}$', "}", text.splitlines()[1])
    check("a line's digest is what docs/formats/audit.md says", hashlib.sha256(content.encode()).hexdigest() == lines[1]["sha256"]
          and lines[1]["previous"] == lines[0]["sha256"] and lines[0]["previous"] == "0" * 64)
    check("the log says who, what and with what", lines[0]["event"] == "run_started" and lines[0]["command"][1:3] == TRIAL[:2]
          and lines[0]["user"] and lines[0]["host"] and lines[0]["versions"]["physics"] > 0 and any("libcrypto" in x for x in lines[0]["libraries"]))
    done = next(line for line in lines if line["event"] == "case_finished")
    check("a case's line has the digest of its record",
          done["record"] == hashlib.sha256(open("plain/.state/case001.json", "rb").read()).hexdigest())
    ended = [line for line in lines if line["event"] == "finished"][-1]
    check("the end has the digest of SHA256SUMS", ended["sha256sums"] == hashlib.sha256(open("plain/SHA256SUMS", "rb").read()).hexdigest())
    check("a head noted earlier is found", verify("--head", lines[1]["sha256"])[:1] == (0,))
    check("a head of another log is not", verify("--head", "0123456789abcdef" * 4)[0] == 1)
    check("a head that is none is refused", verify("--head", "0123")[0] == 2)
    check("audit show prints every event", all(line["event"] in run("audit", "show", "plain")[1] for line in lines))

    # A log made anew with every digest right: the chain alone cannot tell, a head noted elsewhere can.
    forged, previous = [], "0" * 64
    for line in lines:
        line = {**line, "previous": previous}
        line.pop("sha256")
        if "user" in line:
            line["user"] = "nobody"
        content = json.dumps(line, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(content.encode()).hexdigest()
        forged.append(f'{content[:-1]},"sha256":"{previous}"}}\n')
    rows = text.splitlines(keepends=True)
    for claim, changed, named, more in [
            ("an edited line", text.replace('"cases":1', '"cases":2', 1), "line 1: was changed", []),
            ("a line taken out", "".join(rows[:1] + rows[2:]), "line 2: was written as line 3", []),
            ("lines that changed places", "".join([rows[1], rows[0], *rows[2:]]), "line 1: was written as line 2", []),
            ("an end cut off", "".join(rows[:1]), "case 'case001' was finished. The end of the log was cut off", []),
            ("a line cut short", text[:-20], f"line {len(rows)}: is cut short", []),
            ("a missing log", None, "audit.log is missing", []),
            ("a log made anew", "".join(forged), "digest that --head names", ["--head", head])]:
        if changed is None:
            os.remove("plain/audit.log")
        else:
            open("plain/audit.log", "w").write(changed)
        code, _, said = verify(*more)
        check(f"{claim} is found", code == 1 and named in said, said)
        if not more:
            check(f"verify finds {claim} too", run("verify", "plain")[0] == 1)
    check("a log made anew verifies by itself, as the documentation says", verify()[0] == 0)
    # A changed log is told by the next run, for ever.
    open("plain/audit.log", "w").write(text.replace('"cases":1', '"cases":2', 1))
    code, _, said = run(*TRIAL, "--out", "plain", "-q")
    check("the next run notes that the log was changed", code == 0 and "audit.log was changed since the last run" in said, said)
    check("and writes it down", '"event":"found_changed"' in open("plain/audit.log").read())
    open("plain/audit.log", "w").write(text)

    record = open("plain/.state/case001.json").read()
    open("plain/.state/case001.json", "w").write(record.replace('"case001"', '"case009"', 1))
    check("a changed record of a case is found", "names another record of case 'case001'" in verify()[2])
    open("plain/.state/case001.json", "w").write(record)
    sums = open("plain/SHA256SUMS").read()
    open("plain/SHA256SUMS", "w").write("\n".join(sums.splitlines()[1:]) + "\n")
    check("changed checksums are found", "names another SHA256SUMS" in verify()[2])
    open("plain/SHA256SUMS", "w").write(sums)
    check("all is well again", verify()[0] == 0)
    check("what is no trial is refused", run("audit", "verify", ".")[0] == 2)
    run(*TRIAL, "--out", "nameless", "-q", "--no-identity")
    line = json.loads(open("nameless/audit.log").readline())
    check("--no-identity names nobody", not {"user", "host", "process", "command"} & set(line) and line["versions"], line)
    check("equal trials have equal checksums whoever runs them", sums == open("nameless/SHA256SUMS").read())


def machine_readable():
    tiny = str(source / "tests/cli/tiny.yaml")
    image = "plain/images/case001/coarse_soft_80mAs.nii.gz"
    for arguments, keys in [
            (["init", "--list"], [{"name", "summary", "files"}]),
            (["list"], [{"family", "summary", "entries"}]),
            (["list", "kernel"], [{"family", "summary", "entries"}]),
            (["explain", "lobulated"], {"kind", "family", "summary", "fields", "rules"}),
            (["explain", "kernel"], [{"family", "summary", "entries"}]),
            (["explain", "arms.repeat.count"], [{"key", "in", "type", "doc", "required"}]),
            (["plan", tiny], {"trial", "fingerprint", "cases", "arms", "beams", "scans", "images", "disk_bytes", "memory_bytes"}),
            (["status", "plain"], {"trial", "state", "finished_cases", "cases", "failed_cases", "held_by", "bytes", "fingerprint", "version", "isa"}),
            (["verify", "plain"], {"ended", "files", "passed", "problems", "not_of_the_trial"}),
            (["audit", "verify", "plain"], {"passed", "lines", "head", "problems"}),
            (["audit", "show", "plain"], [{"line", "time", "event", "previous", "sha256"}]),
            (["audit", "head", "plain"], {"lines", "head"}),
            (["doctor"], [{"what", "verdict", "text"}]),
            (["features", image, "plain/masks/case001/lesion01.nii.gz", "--families", "statistics"], [{"feature", "value"}]),
            (["validate", tiny], [])]:
        code, out, said = run(*arguments, "--json")
        try:
            value = json.loads(out)
        except ValueError as error:
            check(f"{' '.join(arguments)} --json is JSON", False, f"{error}: {out}{said}")
            continue
        kind, wanted = (list, keys[0] if keys else set()) if isinstance(keys, list) else (dict, keys)
        first = value if kind is dict else value[0] if value and keys else {}
        check(f"{' '.join(arguments)} --json has its keys", code == 0 and isinstance(value, kind) and wanted <= set(first), out)
    for name in ("scenario", "sinogram"):
        check(f"the schema of {name} is JSON", "$schema" in json.loads(run("schema", name)[1]))
    for key, named in [("arms.protocol.pitch", "number"), ("patients.lesions[0].shape.lobulated.diameter_mm", "distribution"),
                       ("trial.seed", "required"), ("protocol.kernel", "vitrine list kernel"), ("arms.repeat", "Its keys")]:
        code, out, said = run("explain", key)
        check(f"explain knows the key {key}", code == 0 and named in out, out + said)
    code, _, said = run("explain", "arms.repeat.cuont")
    check("a misspelt key is suggested", code == 2 and "'arms.repeat' has no key 'cuont'. Did you mean 'count'?" in said, said)
    run("init", "begun")
    begun = open("begun/01_lung_nodule_stability.yaml").read()
    check("init's scenario begins with the editor's modeline", begun.startswith("# yaml-language-server: $schema=schema.json\n")
          and begun.count("#") >= 3 and "$schema" in json.load(open("begun/schema.json")))
    script = run("completion", "bash")[1]
    check("completion knows the commands of the audit log", "audit verify" in script and "--no-identity" in script and "--head" in script)


def a_failed_case():
    # The first of three patients draws a lesion that has no place in the lung.
    trial = [word.replace("patients.count=1", "patients.count=3") for word in TRIAL] + [
        "--set", "trial.seed=8", "--set",
        "patients.lesions=[{shape: {kind: sphere, diameter_mm: {choice: [12, 150]}}, texture: {kind: solid}}]"]
    code, out, said = run(*trial, "--out", "failed")
    rows = list(csv.DictReader(open("failed/failures.csv")))
    check("a trial with a failed case ends with 3", code == 3 and "2 of 3 cases" in out, out + said)
    check("failures.csv names it and why", [row["case"] for row in rows] == ["case001"] and "no room for lesion" in rows[0]["message"], rows)
    check("so does the error stream", "case001 failed: " in said, said)
    check("the others are whole", len(os.listdir("failed/images")) == 2 and run("verify", "failed")[0] == 0)
    check("status counts it", json.loads(run("status", "failed", "--json")[1])["failed_cases"] == 1)
    check("so do the logs", '"event":"case_failed"' in open("failed/audit.log").read() and '"event":"case_failed"' in open("failed/run.jsonl").read())
    check("the report names it", "case001" in open("failed/report.html").read())
    check("it is tried again, with the same end", run(*trial, "--out", "failed", "-q")[0] == 3)


def exit_codes():
    table = {int(code): meaning for code, meaning in
             re.findall(r"^ +(\d+)  (.+)$", run("--help")[1].split("Exit codes:")[1], re.M)}
    check("the help has the table of exit codes", sorted(table) == [0, 1, 2, 3, 4, 5, 130], table)
    page = run("man")[1].split(".SH EXIT STATUS")[1].split(".SH NOTES")[0]
    documented = dict(re.findall(r"^\| (\d+) \| (.+) \|$", open(source / "docs/users/commands.md").read(), re.M))
    for code, meaning in table.items():
        check(f"the manual page has exit code {code}", f".B {code}\n{meaning}" in page, page)
        check(f"docs/users/commands.md has exit code {code}", documented.get(str(code)) == meaning, documented)
    # Codes 3 and 130 are seen in a_failed_case and in tests/survival, 5 in tests/cli/command_line_test.cpp.
    with open("/dev/full", "w") as full:
        done = subprocess.run([program, "list"], stdout=full, stderr=subprocess.PIPE)
    check("an output that cannot be written is code 4", done.returncode == 4 and b"cannot write to the standard output" in done.stderr, done.stderr)
    limited = subprocess.run([program, *TRIAL, "--out", "memory", "--memory-gb", "0.001"], capture_output=True)
    check("a trial that does not fit is bad input", limited.returncode == 2, limited.stderr)


for part in (terminals, colours, logs, audit, machine_readable, a_failed_case, exit_codes):
    try:
        part()
    except Exception as error:  # one part that breaks does not hide the others
        check(f"{part.__name__} runs to its end", False, repr(error))
os.chdir("/")
shutil.rmtree(work)
print(f"{len(failures)} failures")
sys.exit(bool(failures))
