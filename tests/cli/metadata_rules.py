"""What RO-Crate 1.1 and Croissant 1.0 require of the metadata of an exported data set, and whether they tell the truth.
  metadata_rules.py DATASET [LICENCE]
"""
import csv, hashlib, json, pathlib, re, sys

root = pathlib.Path(sys.argv[1])
licence = f'https://spdx.org/licenses/{sys.argv[2]}.html' if len(sys.argv) > 2 else None
day = re.compile(r'\d{4}-\d\d-\d\d$')


def unique(pairs):
    assert len({k for k, _ in pairs}) == len(pairs), 'a key twice'
    return dict(pairs)


def read(name):
    return json.loads((root / name).read_text(), object_pairs_hook=unique)


def same_file(path, sha256, size):
    data = (root / path).read_bytes()
    assert hashlib.sha256(data).hexdigest() == sha256 and len(data) == size, path


crate = read('ro-crate-metadata.json')
assert crate['@context'] == 'https://w3id.org/ro/crate/1.1/context'
graph = {entity['@id']: entity for entity in crate['@graph']}
assert len(graph) == len(crate['@graph']), 'an identifier twice'
descriptor, dataset = graph['ro-crate-metadata.json'], graph['./']
assert descriptor['@type'] == 'CreativeWork' and descriptor['about'] == {'@id': './'}
assert descriptor['conformsTo'] == {'@id': 'https://w3id.org/ro/crate/1.1'}
assert dataset['@type'] == 'Dataset' and dataset['name'] and 'Synthetic' in dataset['description']
assert day.match(dataset['datePublished']), dataset['datePublished']
assert dataset['license'] == {'@id': licence} if licence else 'Not given' in dataset['license']


def references(value):
    if isinstance(value, dict):
        if set(value) == {'@id'}:
            yield value['@id']
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


for entity in crate['@graph']:
    assert entity['@type'], entity
    for to in references({k: v for k, v in entity.items() if k not in ('@id', 'conformsTo')}):
        assert to in graph, to
listed = {part['@id'] for part in dataset['hasPart']}
for path in listed:
    entity = graph[path]
    if path.endswith('/'):
        assert entity['@type'] == 'Dataset' and (root / path).is_dir()
    else:
        assert entity['@type'] == 'File' and entity['encodingFormat']
        same_file(path, entity['sha256'], int(entity['contentSize']))
left = {p.relative_to(root).as_posix() for p in root.rglob('*') if p.is_file() and p.parent.name != 'CT'} - listed
assert left == {'ro-crate-metadata.json', 'croissant.json', 'SHA256SUMS'}, left

card = read('croissant.json')
assert card['@type'] == 'sc:Dataset' and card['conformsTo'] == 'http://mlcommons.org/croissant/1.0'
for key in ('@context', 'description', 'license', 'name', 'url', 'creator', 'datePublished', 'distribution', 'version'):
    assert card[key], key
assert re.fullmatch(r'\d+\.\d+\.\d+', card['version']) and day.match(card['datePublished'])
assert card['license'] == licence if licence else 'Not given' in card['license']
for term in ('@vocab', 'cr', 'sc', 'dct', 'recordSet', 'field', 'fileObject', 'extract', 'column', 'source', 'dataType', 'includes'):
    assert term in card['@context'], term
objects = {}
for file in card['distribution']:
    assert file['@type'] in ('cr:FileObject', 'cr:FileSet') and file['name'] and file['encodingFormat']
    objects[file['@id']] = file
    if file['@type'] == 'cr:FileObject':
        same_file(file['contentUrl'], file['sha256'], int(file['contentSize'].split()[0]))
    else:
        assert list(root.glob(file['includes'])), file
assert len(objects) == len(card['distribution'])
(records,) = card['recordSet']
rows = list(csv.DictReader(open(root / 'images.csv')))
for field in records['field']:
    assert field['@type'] == 'cr:Field' and field['dataType'] and field['@id'] == f"{records['@id']}/{field['name']}"
    assert field['source']['fileObject']['@id'] in objects
    column = [row[field['source']['extract']['column']] for row in rows]
    if field['dataType'] == 'sc:Integer':
        assert all(int(cell) >= -1 for cell in column), field
assert records['key']['@id'] in {field['@id'] for field in records['field']}
assert len({row['id'] for row in rows}) == len(rows) > 0
for row in rows:
    assert (root / row['image']).exists() and (not row['label'] or (root / row['label']).exists()), row
print('metadata hold')
