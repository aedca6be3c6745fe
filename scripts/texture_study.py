#!/usr/bin/env python3
"""Agreement of features between scanners, by class and vendor, beside a null of blur and white noise.

  texture_study.py [--without CARTRIDGE] TRIAL [NULL]

TRIAL and NULL are features.csv files, of scenarios/studies/texture_phantom.yaml and texture_phantom_null.yaml or of
`vitrine features --batch` on their images (docs/methods/texture-phantom.md). Prints Markdown: overall concordance (Barnhart
et al., Biometrics 58 (2002) 1020) of every class of features, the best and the worst features, and the concordance (Lin,
Biometrics 45 (1989) 255) of pairs of scanners of one vendor and of two.
"""
import argparse
import csv
import itertools
import statistics
import sys
from collections import defaultdict

CLASSES = [('statistics', 'first order'), ('glcm', 'GLCM'), ('glrlm', 'GLRLM'), ('ngtdm', 'NGTDM'), ('ngldm', 'GLDM (NGLDM)'),
           ('glszm', 'GLSZM')]
PUBLISHED = ['first order', 'GLCM', 'GLRLM', 'NGTDM', 'GLDM (NGLDM)', 'GLSZM']  # of 13 scanners, most to least stable


def table(path, without):
    """feature -> scanner -> cartridge -> value; the scanner is the arm, or the perturbation that stands for one."""
    values = defaultdict(lambda: defaultdict(dict))
    for row in csv.DictReader(open(path)):
        if row.get('replicate', 'scan') != 'scan' or not row['value'] or row['lesion'] in without:
            continue
        scanner = row['arm']
        if 'perturbation' in row:
            if row['perturbation'] == 'none':
                continue
            scanner = row['perturbation']
        name = row['feature'] + (' ' + row['aggregation'] if row.get('aggregation') else '')
        values[name][scanner][row['lesion']] = float(row['value'])
    return values


def overall_ccc(columns):
    """Of columns of equal length, one a scanner."""
    means = [statistics.fmean(c) for c in columns]
    n = len(columns[0])
    def covariance(a, b):
        return sum((x - means[a]) * (y - means[b]) for x, y in zip(columns[a], columns[b])) / n
    pairs = list(itertools.combinations(range(len(columns)), 2))
    shared = 2 * sum(covariance(a, b) for a, b in pairs)
    whole = (len(columns) - 1) * sum(covariance(a, a) for a in range(len(columns)))
    whole += sum((means[a] - means[b]) ** 2 for a, b in pairs)
    return shared / whole if whole > 0 else float('nan')


def agreement(values):
    """feature -> (overall CCC, (scanner, scanner) -> CCC)"""
    found = {}
    for name, scanners in values.items():
        cartridges = set.intersection(*(set(s) for s in scanners.values()))
        names = sorted(scanners)
        columns = [[scanners[s][c] for c in sorted(cartridges)] for s in names]
        pairs = {(names[a], names[b]): overall_ccc([columns[a], columns[b]])
                 for a, b in itertools.combinations(range(len(names)), 2)}
        found[name] = overall_ccc(columns), pairs
    return found


def class_of(feature):
    return next((title for prefix, title in CLASSES if feature.startswith(prefix + '.')), None)


def by_class(found):
    classes = defaultdict(list)
    for name, (ccc, _) in found.items():
        if class_of(name) and ccc == ccc:
            classes[class_of(name)].append(ccc)
    return classes


def kendall(order):
    """tau-a of an order of classes with the published one (GLRLM and NGTDM are equal there)."""
    rank = {name: i for i, name in enumerate(PUBLISHED)}
    rank['NGTDM'] = rank['GLRLM']
    score = pairs = 0
    for a, b in itertools.combinations(order, 2):
        if rank[a] != rank[b]:
            pairs += 1
            score += 1 if rank[a] < rank[b] else -1
    return score / pairs


def vendors(found):
    within, across = [], []
    for name, (_, pairs) in found.items():
        if not class_of(name):
            continue
        for (a, b), ccc in pairs.items():
            if ccc == ccc:
                (within if a.split('_')[0] == b.split('_')[0] else across).append(ccc)
    return statistics.fmean(within), statistics.fmean(across)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('trial')
    parser.add_argument('null', nargs='?')
    parser.add_argument('--without', action='append', default=[], help='cartridge to leave out')
    options = parser.parse_args()
    studies = [('scanners', agreement(table(options.trial, options.without)))]
    if options.null:
        studies.append(('null', agreement(table(options.null, options.without))))
    titles = [title for title, _ in studies]
    print('| class | features | ' + ' | '.join(f'{t}: median, share above 0.9' for t in titles) + ' |')
    print('|---' * (2 + len(titles)) + '|')
    classes = {title: by_class(found) for title, found in studies}
    for _, name in CLASSES:
        if not all(classes[t][name] for t in titles):
            continue
        cells = [f"{statistics.median(its):.3f}, {sum(c > 0.9 for c in its) / len(its):.0%}"
                 for its in (classes[t][name] for t in titles)]
        print(f'| {name} | {len(classes[titles[0]][name])} | ' + ' | '.join(cells) + ' |')
    print()
    for title, found in studies:
        order = sorted(classes[title], key=lambda c: -statistics.median(classes[title][c]))
        print(f"{title}: {' > '.join(order)}; Kendall's tau with the published order {kendall(order):.2f}")
        within, across = vendors(found)
        print(f'{title}: mean CCC of pairs of one vendor {within:.3f}, of two {across:.3f}, difference {within - across:.3f}')
        ranked = sorted((n for n in found if class_of(n) and found[n][0] == found[n][0]), key=lambda n: -found[n][0])
        for what, some in (('best', ranked[:8]), ('worst', ranked[::-1][:12])):
            print(f'{title}, {what}: ' + ', '.join(f'{n} {found[n][0]:.3f}' for n in some))
        print()


if __name__ == '__main__':
    main()
