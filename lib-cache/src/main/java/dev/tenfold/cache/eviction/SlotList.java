package dev.tenfold.cache.eviction;

import static dev.tenfold.cache.eviction.Slots.NONE;

import java.util.function.IntConsumer;

/** A doubly linked list of slots, from the coldest to the warmest. A slot is in at most one. */
class SlotList {

    private final Slots<?, ?> slots;
    int coldest = NONE;
    int warmest = NONE;

    SlotList(Slots<?, ?> slots) {
        this.slots = slots;
    }

    final void add(int slot) {
        int last = warmest;
        slots.colder(slot, last);
        slots.warmer(slot, NONE);
        if (last == NONE) {
            coldest = slot;
        } else {
            slots.warmer(last, slot);
        }
        warmest = slot;
    }

    final void remove(int slot) {
        int colder = slots.colder(slot);
        int warmer = slots.warmer(slot);
        if (colder == NONE) {
            coldest = warmer;
        } else {
            slots.warmer(colder, warmer);
        }
        if (warmer == NONE) {
            warmest = colder;
        } else {
            slots.colder(warmer, colder);
        }
        slots.unlink(slot);
    }

    final void moveToWarmest(int slot) {
        if (slot != warmest) {
            remove(slot);
            add(slot);
        }
    }

    final boolean isEmpty() {
        return coldest == NONE;
    }

    final void forEach(IntConsumer action) {
        for (int slot = coldest; slot != NONE; slot = slots.warmer(slot)) {
            action.accept(slot);
        }
    }
}
