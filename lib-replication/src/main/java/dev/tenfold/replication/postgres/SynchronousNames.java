package dev.tenfold.replication.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The value of {@code synchronous_standby_names}: {@code ANY k (names)}, {@code FIRST k (names)}, {@code k (names)} or just
 * names, which means the first of them (PostgreSQL manual, "Replication: Primary Server").
 *
 * @param replicas how many replicas a commit waits for
 * @param names who they may be; {@code *} is everybody
 */
record SynchronousNames(int replicas, List<String> names) {

    private static final Pattern COUNTED = Pattern.compile(
            "\\s*(?:(?:ANY|FIRST)\\s+)?(\\d+)\\s*\\((.*)\\)\\s*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private static final Pattern NAME = Pattern.compile("\"((?:[^\"]|\"\")*)\"|([^\\s,]+)");

    static SynchronousNames parse(String setting) {
        Matcher counted = COUNTED.matcher(setting);
        boolean isCounted = counted.matches();
        List<String> names = new ArrayList<>();
        Matcher name = NAME.matcher(isCounted ? counted.group(2) : setting);
        while (name.find()) {
            names.add(name.group(1) != null ? name.group(1).replace("\"\"", "\"") : name.group(2));
        }
        int replicas = isCounted ? Integer.parseInt(counted.group(1)) : 1;
        return new SynchronousNames(names.isEmpty() ? 0 : replicas, List.copyOf(names));
    }

    boolean isEverybody() {
        return names.contains("*");
    }

    /** PostgreSQL compares the names without regard to case. */
    boolean includes(String name) {
        return isEverybody()
                || names.stream().anyMatch(each -> each.toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT)));
    }
}
