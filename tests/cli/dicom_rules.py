"""What `vitrine export --layout dicom` wrote, against the trial it was made from.
  dicom_rules.py TRIAL DATASET [DIRECTORY]   DIRECTORY: NIfTI files that dcm2niix made, named after the images
Reads explicit VR little endian by itself, with nothing but the standard library.
"""
import csv, gzip, pathlib, struct, sys

LONG = {b'OB', b'OW', b'SQ', b'UC', b'UN', b'UT', b'OF', b'OD', b'UR'}


def items(data, at, end):
    while at < end:
        group, element = struct.unpack_from('<HH', data, at)
        if group == 0xfffe:  # an item of a sequence
            length, = struct.unpack_from('<I', data, at + 4)
            yield dict(elements(data, at + 8, at + 8 + length))
            at += 8 + length
        else:
            raise ValueError('no item')


def elements(data, at, end):
    while at < end:
        group, element = struct.unpack_from('<HH', data, at)
        kind = data[at + 4:at + 6]
        if kind in LONG:
            length, = struct.unpack_from('<I', data, at + 8)
            at += 12
        else:
            length, = struct.unpack_from('<H', data, at + 6)
            at += 8
        value = data[at:at + length]
        at += length
        if kind == b'SQ':
            value = list(items(data, at - length, at))
        elif kind in (b'US', b'UL', b'FD', b'SS'):
            size, code = {b'US': (2, 'H'), b'SS': (2, 'h'), b'UL': (4, 'I'), b'FD': (8, 'd')}[kind]
            value = struct.unpack(f'<{len(value) // size}{code}', value)
        elif kind != b'AT' and (kind not in LONG or kind in (b'UC', b'UT')):
            value = value.decode().rstrip(' \0')
        yield (group, element), value


def load(path):
    data = path.read_bytes()
    assert data[128:132] == b'DICM', path
    return dict(elements(data, 132, len(data)))


def nifti(path):
    data = gzip.decompress(path.read_bytes())
    size = struct.unpack_from('<8h', data, 40)[1:4]
    code = {2: 'B', 4: 'h'}[struct.unpack_from('<h', data, 70)[0]]
    count = size[0] * size[1] * size[2]
    start = int(struct.unpack_from('<f', data, 108)[0])
    slope, shift = struct.unpack_from('<2f', data, 112)
    values = struct.unpack_from(f'<{count}{code}', data, start)
    if slope not in (0, 1) or shift:
        values = [slope * v + shift for v in values]
    rows = [struct.unpack_from('<4f', data, 280 + 16 * r) for r in range(3)]
    return size, rows, values


def code_of(item):
    concept = item[0x0040, 0xa043][0]
    return concept.get((0x0008, 0x0100)) or concept[0x0008, 0x0119]


def numbers(path):
    """Lesion -> code -> value (None: said not to be a number) of a report."""
    found = {}
    for group in load(path)[0x0040, 0xa730][-1][0x0040, 0xa730]:
        content = group[0x0040, 0xa730]
        lesion = next(c[0x0040, 0xa160] for c in content if code_of(c) == '112039')
        for one in content:
            if one[0x0040, 0xa040] == 'NUM':
                measured = one.get((0x0040, 0xa300))
                value = measured[0][0x0040, 0xa161][0] if measured else None
                assert found.setdefault(lesion, {}).setdefault(code_of(one), value) == value
    return found


def check_image(trial, dataset, row, features):
    image = trial / 'images' / row['Patient'] / (row['ID'].split('_', 1)[1] + '.nii.gz')
    size, affine, hu = nifti(image)
    slices = [load(p) for p in sorted((dataset / row['CT']).iterdir())]
    assert len(slices) == size[2]
    plane = size[0] * size[1]
    for k, one in enumerate(slices):
        stored = struct.unpack(f'<{plane}h', one[0x7fe0, 0x0010])
        assert tuple(v - 1024 for v in stored) == hu[k * plane:(k + 1) * plane], (row['ID'], k)
        assert one[0x0008, 0x001c] == 'YES' and one[0x0012, 0x0062] == 'YES'
    head = slices[0]
    uids = {one[0x0008, 0x0018] for one in slices}
    seg, report, drawn = (load(dataset / row[kind]) for kind in ('SEG', 'SR', 'RTSTRUCT'))
    for other in (seg, report, drawn):
        for tag in ((0x0010, 0x0010), (0x0010, 0x0020), (0x0020, 0x000d), (0x0012, 0x0010), (0x0012, 0x0020),
                    (0x0012, 0x0030), (0x0012, 0x0040), (0x0012, 0x0050), (0x0008, 0x001c), (0x0012, 0x0062)):
            assert other[tag] == head[tag], (row['ID'], tag)
    assert seg[0x0020, 0x0052] == drawn[0x0020, 0x0052] == head[0x0020, 0x0052]
    assert {i[0x0008, 0x1155] for i in seg[0x0008, 0x1115][0][0x0008, 0x114a]} == uids
    # Segments are the trial's masks.
    place = [one[0x0020, 0x0032] for one in slices]
    masks = [[0] * (plane * size[2]) for _ in seg[0x0062, 0x0002]]
    bits = seg[0x7fe0, 0x0010]
    for f, frame in enumerate(seg[0x5200, 0x9230]):
        segment = frame[0x0062, 0x000a][0][0x0062, 0x000b][0]
        k = place.index(frame[0x0020, 0x9113][0][0x0020, 0x0032])
        for p in range(plane):
            at = f * plane + p
            masks[segment - 1][k * plane + p] = bits[at // 8] >> at % 8 & 1
    suffix = '' if row['Replicate'] == 'scan' else '_' + row['Replicate']
    labels = [segment[0x0062, 0x0005] for segment in seg[0x0062, 0x0002]]
    for label, mask in zip(labels[:int(float(row['Lesions']))], masks):
        truth = nifti(trial / 'masks' / row['Patient'] / f'{label}{suffix}.nii.gz')[2]
        assert list(truth) == mask and any(mask), (row['ID'], label)
    # The report's numbers are the table's.
    wanted = {}
    for f in features:
        if (f['case'], f['arm'], f['replicate']) == (row['Patient'], row['Arm'], row['Replicate']):
            wanted.setdefault(f['lesion'], {})[f['ibsi_code']] = float(f['value']) if f['value'] else None
    assert numbers(dataset / row['SR']) == wanted and wanted, row['ID']
    return affine, size, hu


def check_converted(path, affine, size, hu):
    """dcm2niix turns the rows round: voxels and places must be the same."""
    size2, affine2, hu2 = nifti(path)
    assert sorted(size2) == sorted(size), path
    for a in range(3):
        assert abs(abs(affine2[a][a]) - abs(affine[a][a])) < 1e-4, (path, affine2, affine)
    flip = [affine2[a][a] * affine[a][a] < 0 for a in range(3)]
    for a in range(3):  # the place of our first voxel
        first = (size[a] - 1) if flip[a] else 0
        assert abs(affine2[a][a] * first + affine2[a][3] - affine[a][3]) < 1e-3, (path, a)
    nx, ny, nz = size
    for k in range(nz):
        for j in range(ny):
            row = hu[(k * ny + j) * nx:][:nx]
            other = (nz - 1 - k if flip[2] else k) * ny + (ny - 1 - j if flip[1] else j)
            theirs = hu2[other * nx:][:nx]
            assert tuple(row) == tuple(theirs[::-1] if flip[0] else theirs), (path, j, k)


def main():
    trial, dataset = map(pathlib.Path, sys.argv[1:3])
    features = list(csv.DictReader(open(trial / 'features.csv')))
    rows = list(csv.DictReader(open(dataset / 'series.csv')))
    for row in rows:
        checked = check_image(trial, dataset, row, features)
        if len(sys.argv) > 3:
            check_converted(pathlib.Path(sys.argv[3]) / (row['ID'] + '.nii.gz'), *checked)
    print(len(rows), 'images hold')


main()
