package dev.tenfold.queue.routing;

import java.util.ArrayList;
import java.util.List;

/** Immutable lists that are replaced when they change, for readers that take no lock. */
final class Lists {

    private Lists() {}

    /** Returns {@code list} itself if {@code element} is in it. */
    static <T> List<T> with(List<T> list, T element) {
        if (list.contains(element)) {
            return list;
        }
        List<T> longer = new ArrayList<>(list.size() + 1);
        longer.addAll(list);
        longer.add(element);
        return List.copyOf(longer);
    }

    /** Returns {@code list} itself if {@code element} is not in it. */
    static <T> List<T> without(List<T> list, T element) {
        return list.contains(element)
                ? list.stream().filter(kept -> !kept.equals(element)).toList()
                : list;
    }
}
