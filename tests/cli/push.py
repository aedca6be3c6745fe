"""`vitrine push` against Orthanc on loopback, and against servers that drop, refuse and are not there.
  push.py PROGRAM SOURCE_DIRECTORY
Ends with 77 (skipped) where Orthanc is not installed.
"""
import json, os, pathlib, re, shutil, socket, struct, subprocess, sys, tempfile, threading, time, urllib.request

program, source = os.path.realpath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
orthanc = shutil.which('Orthanc') or ('/usr/sbin/Orthanc' if os.path.exists('/usr/sbin/Orthanc') else None)
if not orthanc:
    print('skipped: Orthanc is not installed (package orthanc)')
    sys.exit(77)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def run(*arguments, code=0, says=''):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    output = done.stdout + done.stderr
    assert done.returncode == code, (arguments, done.returncode, output)
    assert re.search(says, output), (arguments, says, output)
    return output


class Relay:
    """Passes bytes between us and the server; cuts the first connection after so many."""

    def __init__(self, target, cut_after, cuts):
        self.target, self.cut_after, self.cuts, self.made = target, cut_after, cuts, 0
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                ours, _ = self.listener.accept()
            except OSError:
                return
            self.made += 1
            limit = self.cut_after if self.made <= self.cuts else 1 << 60
            theirs = socket.create_connection(('127.0.0.1', self.target))
            threading.Thread(target=self.pump, args=(theirs, ours, 1 << 60), daemon=True).start()
            threading.Thread(target=self.pump, args=(ours, theirs, limit), daemon=True).start()

    @staticmethod
    def pump(a, b, limit):
        passed = 0
        try:
            while data := a.recv(65536):
                passed += len(data)
                if passed > limit:
                    break
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def lines(journal):
    return [json.loads(line) for line in open(journal)]


def main(work):
    text = (source / 'tests/cli/tiny.yaml').read_text()
    text = re.sub(r'(?m)^  (vary|repeat): .*\n', '', text).replace('count: 2', 'count: 1').replace('matrix: 128', 'matrix: 64')
    (work / 'tiny.yaml').write_text(text + 'outputs: {images: [nifti]}\n')
    run('run', work / 'tiny.yaml', '--out', work / 'trial', '-q')
    run('export', work / 'trial', work / 'set', '--layout', 'dicom', '--shares', 1, 0, 0, '-q')
    files = sorted((work / 'set').rglob('*.dcm'))
    assert len(files) == 15
    dicom, http = free_port(), free_port()
    plugins = [p for p in ('/usr/share/orthanc/plugins/libOrthancDicomWeb.so',) if os.path.exists(p)]
    (work / 'orthanc.json').write_text(json.dumps({
        'Name': 'test', 'StorageDirectory': str(work / 'store'), 'IndexDirectory': str(work / 'store'),
        'DicomPort': dicom, 'HttpPort': http, 'DicomAet': 'ARCHIVE', 'DicomCheckCalledAet': True,
        'RemoteAccessAllowed': False, 'AuthenticationEnabled': False, 'Plugins': plugins,
        'DicomAlwaysAllowStore': True, 'HttpServerEnabled': True}))
    server = subprocess.Popen([orthanc, str(work / 'orthanc.json')], stdout=subprocess.DEVNULL,
                              stderr=open(work / 'orthanc.log', 'w'))
    try:
        def ask(path, raw=False):
            with urllib.request.urlopen(f'http://127.0.0.1:{http}{path}', timeout=20) as answer:
                data = answer.read()
            return data if raw else json.loads(data)

        for _ in range(300):
            try:
                ask('/system')
                break
            except OSError:
                time.sleep(0.1)

        # Nobody is there; the wrong title.
        journal = work / 'set.push.jsonl'
        nobody = free_port()
        run('push', work / 'set', f'127.0.0.1:{nobody}', '--timeout', 5, code=4, says='15 of 15 instances are not at.*15 not sent')
        run('push', work / 'set', f'127.0.0.1:{dicom}', '--ae', 'OTHER', '--timeout', 5, code=4, says='15 not sent')
        # The connection breaks after the first instances, three times over: what was stored is known.
        relay = Relay(dicom, cut_after=40_000, cuts=3)
        address = f'127.0.0.1:{relay.port}'
        run('push', work / 'set', address, '--ae', 'ARCHIVE', '--timeout', 10, says='15 instances stored by ARCHIVE')
        assert relay.made >= 4, relay.made
        stored = [line for line in lines(journal) if line.get('server') == f'ARCHIVE@{address}']
        assert len(stored) == 15 and all(line['outcome'] == 'stored' for line in stored)
        assert len(ask('/instances')) == 15
        run('push', work / 'set', address, '--ae', 'ARCHIVE', says='15 of 15 instances are there already')
        # It breaks before anything comes through: the rest is recorded, and the same command goes on.
        broken = Relay(dicom, cut_after=9_000, cuts=3)
        address = f'127.0.0.1:{broken.port}'
        run('push', work / 'set', address, '--ae', 'ARCHIVE', '--timeout', 10, code=4, says='instances are not at')
        left = [line for line in lines(journal) if line.get('server') == f'ARCHIVE@{address}']
        assert len(left) == 15 and any(line['outcome'] == 'not_sent' for line in left)
        run('push', work / 'set', address, '--ae', 'ARCHIVE', '--timeout', 10, says='instances stored by ARCHIVE')

        # What the archive holds is what was exported: by its own interface ...
        ours = {}
        for path in files:
            data = path.read_bytes()
            ours[path] = data
        by_uid = {}
        for instance in ask('/instances'):
            tags = ask(f'/instances/{instance}/simplified-tags')
            by_uid[tags['SOPInstanceUID']] = instance
            assert tags['PatientID'] == 'tiny-case001' and tags['ClinicalTrialProtocolID'] == 'tiny'
            back = ask(f'/instances/{instance}/file', raw=True)
            uid = tags['SOPInstanceUID'].encode()
            mine = next(data for data in ours.values() if uid in data[:1000])
            start = mine.index(b'\x08\x00\x05\x00CS')  # what follows the file's own header
            assert back[back.index(b'\x08\x00\x05\x00CS'):] == mine[start:], uid
        assert len(by_uid) == 15
        assert len(ask('/studies')) == 1 and len(ask('/series')) == 4
        # ... and by QIDO-RS and WADO-RS.
        if plugins:
            found = ask('/dicom-web/series?includefield=00080060')
            assert {one['00080060']['Value'][0] for one in found} == {'CT', 'SEG', 'RTSTRUCT', 'SR'}
            study = found[0]['0020000D']['Value'][0]
            meta = ask(f'/dicom-web/studies/{study}/metadata')
            assert {one['00080018']['Value'][0] for one in meta} == set(by_uid)
            whole = ask(f'/dicom-web/studies/{study}', raw=True)
            assert whole.count(b'DICM') == 15
        else:
            print('without QIDO-RS and WADO-RS: the package orthanc-dicomweb is not installed')
    finally:
        server.terminate()
        server.wait()

    # A server that answers and refuses: out of resources for every instance.
    storescp = shutil.which('storescp')
    if storescp:
        port = free_port()
        (work / 'in').mkdir()
        scp = subprocess.Popen([storescp, '--prefer-uncompr', '-od', str(work / 'in'), str(port)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                try:
                    socket.create_connection(('127.0.0.1', port)).close()
                    break
                except OSError:
                    time.sleep(0.05)
            shutil.rmtree(work / 'in')  # nowhere to store
            output = run('push', work / 'set', f'127.0.0.1:{port}', '--timeout', 10, '--journal', work / 'refused.jsonl', code=4,
                         says='15 refused, 0 not sent')
            assert {line['status'] for line in lines(work / 'refused.jsonl')} - {0}, output
        finally:
            scp.terminate()
            scp.wait()
    else:
        print('without a server that refuses: storescp (package dcmtk) is not installed')

    run('push', work / 'set', 'nowhere', code=2, says="is no address of a server")
    run('push', work / 'set', '127.0.0.1:1', '--ae', 'x' * 17, code=2, says='no application entity title')
    run('push', work / 'trial', '127.0.0.1:1', code=2, says='no DICOM file')
    run('push', work / 'nothing', '127.0.0.1:1', code=4, says='cannot be listed')
    print('holds')


with tempfile.TemporaryDirectory() as directory:
    main(pathlib.Path(directory))
