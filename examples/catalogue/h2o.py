"""Building water: two hydrogen atoms and one oxygen atom, who must meet before anybody may bond.

Each thread is an atom. Three of them make a molecule, and must be the right three: the first three bonds are those of the
first molecule, the next three those of the second, and so on. (Andrews, Concurrent Programming, 1991; known from Berkeley's
exams.)

A barrier for three lets any three through. So first everybody gets one of the places in the molecule that is being built:
there are two for hydrogen and one for oxygen, and they become free when the molecule is done.
"""

from functools import partial

from simulator import Atomic, Barrier, Program, Semaphore, explore
from simulator.render import timeline

hydrogen_places = Semaphore("hydrogen_places", 2)
oxygen_places = Semaphore("oxygen_places", 1)
molecule = Barrier("molecule", 3)
bonds = Atomic("bonds", "")  # who bonded, in this order


def atom(kind, places):
    with (yield places.acquire()):
        yield from molecule.wait()
        yield bonds.add(kind)


def loose_atom(kind):
    yield from molecule.wait()
    yield bonds.add(kind)


def water(hydrogen, oxygen, hydrogen_atoms):
    threads = {f"H{number}": hydrogen for number in range(1, hydrogen_atoms + 1)}
    threads |= {f"O{number}": oxygen for number in range(1, hydrogen_atoms // 2 + 1)}
    return Program(**threads)


hydrogen, oxygen = partial(atom, "H", hydrogen_places), partial(atom, "O", oxygen_places)
loose_hydrogen, loose_oxygen = partial(loose_atom, "H"), partial(loose_atom, "O")

one = water(hydrogen, oxygen, 2)
program = water(hydrogen, oxygen, 4)
broken = water(loose_hydrogen, loose_oxygen, 4)


def is_water(three):
    return sorted(three) == ["H", "H", "O"]


def postcondition(final):
    return all(is_water(final[bonds][start : start + 3]) for start in range(0, len(final[bonds]), 3))


if __name__ == "__main__":
    result = explore(one)
    print("One molecule:\n")
    print(result)

    # Two molecules: each three bonds are water, in all interleavings.
    two = explore(program, observe=lambda final: (final[bonds][:3], final[bonds][3:]))
    print(f"\nTwo molecules: {two.headline()}\n")
    for row in two.outcomes:
        print(f"{' '.join(row.observed)}  {row.interleavings:13,}")

    # Only the barrier: any three make a "molecule", and the next three may bond before the first have finished.
    wrong = explore(broken, observe=postcondition)
    print(f"\nOnly the barrier: {wrong.headline()}\n")
    for row in wrong.outcomes:
        print(f"{'water' if row.observed else 'something else':14}  {row.interleavings:13,}  {float(row.share):.1%}")
    print()
    print(timeline(next(row for row in wrong.outcomes if not row.observed).example))

    assert (result.claim, result.interleavings, len(result.outcomes), result.deadlocks) == ("complete", 50_400, 3, ())
    assert (two.claim, two.interleavings, len(two.outcomes), two.deadlocks) == ("complete", 226_461_312_000, 9, ())
    assert all(postcondition(row.final) for row in (*result.outcomes, *two.outcomes))
    assert (wrong.interleavings, wrong.deadlocks) == (55_598_400, ())
    assert {row.observed: row.interleavings for row in wrong.outcomes} == {True: 33_359_040, False: 22_239_360}
