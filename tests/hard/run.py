"""Many hard cases on several processes, and the table of what went wrong."""

from __future__ import annotations

import argparse
import multiprocessing
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable

from hard import jumps, large, limits, weak
from hard.judge import Fault, faults

SUITES = {
    "weak": (weak.draw, faults),
    "jumps": (jumps.draw, faults),
    "large": (large.draw, faults),
    "limits": (limits.draw, limits.faults),
}


def judge(job: tuple[str, int]) -> tuple[str, int, str, list[Fault], float]:
    """Suite, seed, kind, faults and seconds of one case."""
    suite, seed = job
    start = time.perf_counter()
    try:
        case = SUITES[suite][0](seed)
    except Exception:
        return suite, seed, "?", [Fault("REFERENCE FAILS", traceback.format_exc()[-400:])], 0.0
    try:
        found = SUITES[suite][1](case)
    except Exception:
        found = [Fault("REFERENCE FAILS", traceback.format_exc()[-600:])]
    return suite, seed, case.kind, found, time.perf_counter() - start


def results(jobs: Iterable[tuple[str, int]], processes: int):
    if processes == 1:
        yield from map(judge, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(judge, jobs, chunksize=4)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.hard", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="cases of each suite")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--suite", choices=[*SUITES, "all"], default="all")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--examples", type=int, default=3, help="cases shown of each kind of fault")
    parser.add_argument("--kind", default="", help="only families whose name holds this text")
    words = parser.parse_args()
    suites = list(SUITES) if words.suite == "all" else [words.suite]
    jobs = [(suite, words.seed + k) for k in range(words.count) for suite in suites]
    if words.kind:
        jobs = [job for job in jobs if words.kind in SUITES[job[0]][0](job[1]).kind]
    table: dict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    shown: dict[tuple[str, str], list[str]] = defaultdict(list)
    slowest = []
    for suite, seed, kind, found, seconds in results(jobs, words.processes):
        totals[kind] += 1
        slowest = sorted([*slowest, (seconds, suite, seed)], reverse=True)[:3]
        for word in {fault.word for fault in found}:
            table[word][kind] += 1
        for fault in found:
            if len(shown[fault.word, kind]) < words.examples:
                shown[fault.word, kind].append(f"{suite} {seed}: {fault.detail}")
    print(f"{sum(totals.values())} cases: " + "; ".join(f"{kind} {count}" for kind, count in sorted(totals.items())))
    for word, kinds in sorted(table.items(), key=lambda item: -sum(item[1].values())):
        print(f"\n{word}: {sum(kinds.values())}")
        for kind, count in kinds.most_common():
            print(f"  {kind}: {count} of {totals[kind]}")
            for line in shown[word, kind]:
                print(f"    {line}")
    print("\nslowest: " + ", ".join(f"{suite} {seed} {seconds:.1f} s" for seconds, suite, seed in slowest))


if __name__ == "__main__":
    main()
