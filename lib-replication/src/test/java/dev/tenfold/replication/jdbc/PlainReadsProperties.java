package dev.tenfold.replication.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Nothing that writes is taken for a plain read, however it is dressed up. */
class PlainReadsProperties {

    private static final List<String> WRITES = List.of(
            "insert into t values ( 1 )",
            "update t set a = 1 where b = 'x'",
            "delete from only t",
            "merge into t using s on a = b when matched then delete",
            "truncate table t",
            "call p ( 1 )",
            "drop table t",
            "create table t2 as select 1",
            "copy t from stdin",
            "select a into t2 from t",
            "select a from t for update",
            "select a from t for no key update of t nowait",
            "select a from t for key share skip locked",
            "select nextval ( 's' )",
            "select a , setval ( 's' , 1 ) from t",
            "select a from t where writes ( a )",
            "select public . writes ( a ) from t",
            "select \"Writes\" ( a ) from t",
            "with w as ( insert into t values ( 1 ) returning a ) select a from w",
            "with r as ( select 1 ) , w as ( delete from t returning a ) select a from r",
            "explain analyze delete from t",
            "select 1 ; delete from t",
            "select 'a' ; ; insert into t values ( 1 )",
            "do $$ begin perform 1 ; end $$");

    /** What may stand between two tokens. */
    private static final List<String> GAPS =
            List.of(" ", "  ", "\n", "\t", "\r\n", " /* select */ ", "/**/ ", " -- from t\n", " /* it's */ ", " --\n");

    private static final List<String> READS =
            List.of("select 1", "select a from t where b = 'x'", "with r as (select 1) select * from r", "select ''");

    @Provide
    Arbitrary<String> writes() {
        Arbitrary<List<String>> gaps = Arbitraries.of(GAPS).list().ofSize(60);
        Arbitrary<List<Boolean>> capitals = Arbitraries.of(true, false).list().ofSize(60);
        Arbitrary<String> before = Arbitraries.of("", "", " ", "\n", "/* a */", "-- a\n");
        Arbitrary<String> after = Arbitraries.of("", "", ";", " ; ", " -- end", "/* end */");
        Arbitrary<String> plain = Combinators.combine(Arbitraries.of(WRITES), gaps, capitals)
                .as((write, gap, capital) -> dressed(write.split(" "), gap, capital));
        Arbitrary<String> hidden = Combinators.combine(Arbitraries.of(READS), plain, Arbitraries.of(0, 1, 2))
                .as((read, write, how) -> switch (how) {
                    case 0 -> write;
                    case 1 -> read + ";" + write;
                    default -> write + " ; " + read;
                });
        return Combinators.combine(before, hidden, after).as((a, b, c) -> a + b + c);
    }

    private static String dressed(String[] tokens, List<String> gaps, List<Boolean> capitals) {
        StringBuilder sql = new StringBuilder();
        for (int i = 0; i < tokens.length; i++) {
            boolean quoted = tokens[i].indexOf('"') >= 0 || tokens[i].indexOf('\'') >= 0;
            sql.append(capitals.get(i) && !quoted ? tokens[i].toUpperCase(Locale.ROOT) : tokens[i]);
            sql.append(i + 1 < tokens.length ? gaps.get(i) : "");
        }
        return sql.toString();
    }

    @Property(tries = 5000)
    void aWriteIsNeverAPlainRead(@ForAll("writes") String sql) {
        assertThat(PlainReads.isPlainRead(sql)).as(sql).isFalse();
    }

    /** Fragments in which a write may begin or end being text, in any order. */
    @Provide
    Arbitrary<String> soup() {
        return Arbitraries.of(
                        "select 1 ",
                        "'",
                        "''",
                        "\"",
                        "\\",
                        "$$",
                        "$a$",
                        "/*",
                        "*/",
                        "--",
                        "\n",
                        ";",
                        "(",
                        ")",
                        " ",
                        "a",
                        "E'",
                        "1",
                        "for",
                        "into",
                        "count",
                        "nextval",
                        ".",
                        "::",
                        "#",
                        "`")
                .list()
                .ofMinSize(1)
                .ofMaxSize(14)
                .map(parts -> parts.stream().collect(Collectors.joining()));
    }

    /**
     * Where a write follows a text that PostgreSQL has read to its end, it must be seen: the text is a plain read by
     * itself, so nothing in it is left open.
     */
    @Property(tries = 5000)
    void whateverStandsBeforeItAWriteIsSeen(@ForAll("soup") String soup) {
        String sql = "select 1 " + soup;
        if (PlainReads.isPlainRead(sql)) {
            assertThat(PlainReads.isPlainRead(sql + "\n; delete from t"))
                    .as(sql)
                    .isFalse();
            assertThat(PlainReads.isPlainRead(sql + "\nfor update")).as(sql).isFalse();
        }
    }

    @Property(tries = 2000)
    void anyTextIsClassified(@ForAll String text) {
        assertThat(PlainReads.isPlainRead("insert " + text)).isFalse();
        PlainReads.isPlainRead("select " + text);
        PlainReads.isPlainRead(text);
    }
}
