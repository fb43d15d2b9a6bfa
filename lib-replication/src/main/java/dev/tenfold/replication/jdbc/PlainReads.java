package dev.tenfold.replication.jdbc;

import java.util.Locale;
import java.util.Set;

/**
 * Says of an SQL statement whether it is a plain read: one {@code SELECT} (or {@code WITH ... SELECT}) that writes nothing,
 * locks nothing and calls only functions of a list. Whatever is not understood is no plain read, so an error of this class
 * costs a read on the primary, not a write on a replica.
 *
 * <p>It does not parse: it looks at every word outside of quotes and comments. A word that could write or lock, wherever it
 * stands, ends the matter, and so does a name before a parenthesis that is neither a keyword nor on the list, a second
 * statement, a dollar-quoted string, a backslash in quotes (which servers read in two ways), a nested or executable comment,
 * and a character that some server takes for something else. What it cannot see: a view, operator or cast that calls a
 * function that writes, and a function of the user's own that has the name of a standard one. A replica refuses to
 * write then, and the statement is made again on the primary.
 *
 * <p>One pass over the text, without backtracking: about 1 µs for 100 characters.
 */
final class PlainReads {

    /** Words that write, lock, or begin a statement that may, in any of the usual databases. */
    private static final Set<String> NO_READ = words("""
            alter analyse analyze attach backup begin call checkpoint cluster commit copy create currval dbcc
            deallocate declare delete detach do drop dumpfile exec execute explain export for grant handler
            import insert into kill lastval listen load lock merge nextval notify outfile perform pragma prepare
            procedure refresh reindex rename reset restore revoke rollback savepoint set setval share shutdown
            start truncate unlisten unlock update upsert vacuum waitfor
            """);

    /** Keywords and types that may stand before a parenthesis without being called. */
    private static final Set<String> NO_CALL = words("""
            all and any array as between bit by case char character cross cube decimal distinct else except
            exists filter float from group having ilike in inner intersect interval is join lateral like limit
            materialized not numeric offset on or order over partition recursive rollup row select sets some
            then time timestamp timestamptz union using values varchar when where with within
            """);

    /** Functions of the standard and of PostgreSQL that only compute. */
    private static final Set<String> HARMLESS = words("""
            abs age array_agg array_length array_position array_to_string avg bit_and bit_or bool_and bool_or
            btrim cardinality cast ceil ceiling char_length character_length coalesce concat concat_ws corr
            count cume_dist date date_part date_trunc decode dense_rank encode every exp extract first_value
            floor format generate_series greatest grouping initcap json_agg json_build_array json_build_object
            jsonb_agg jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array
            jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text
            jsonb_object_agg jsonb_typeof lag last_value lead least left length ln log lower lpad ltrim
            make_date make_interval max md5 min mod mode now nth_value ntile nullif octet_length percent_rank
            percentile_cont percentile_disc plainto_tsquery position power random rank regexp_replace repeat
            replace reverse right round row_number row_to_json rpad rtrim sign split_part sqrt starts_with
            stddev string_agg string_to_array strpos substr substring sum to_char to_date to_json to_jsonb
            to_number to_timestamp to_tsquery to_tsvector translate trim trunc ts_rank unnest upper variance
            websearch_to_tsquery width_bucket
            """);

    /** Longer than any word above. */
    private static final int LONGEST_WORD = 32;

    private final String sql;
    private int at;
    /** The last word in lower case, or "" where what came last was none that is known. */
    private String word = "";

    private static Set<String> words(String list) {
        return Set.of(list.strip().split("\\s+"));
    }

    private PlainReads(String sql) {
        this.sql = sql;
    }

    /**
     * Classifies a statement.
     *
     * @param sql one statement, as it is sent to the server
     * @return true only if it is certain to be a read, as far as its text shows
     */
    static boolean isPlainRead(String sql) {
        return new PlainReads(sql).read();
    }

    private enum Token {
        WORD,
        /** A quoted name. */
        NAME,
        /** A string or number. */
        VALUE,
        OPEN,
        DOT,
        OTHER,
        SEMICOLON,
        END,
        /** Something that is not understood. */
        UNKNOWN
    }

    private boolean read() {
        Token token = next();
        while (token == Token.OPEN) {
            token = next();
        }
        if (token != Token.WORD || !(word.equals("select") || word.equals("with"))) {
            return false;
        }
        Token before = Token.OTHER;
        while (true) {
            boolean called = before != Token.DOT && (NO_CALL.contains(word) || HARMLESS.contains(word));
            boolean name = token == Token.WORD || token == Token.NAME;
            Token after = next();
            if (name && after == Token.OPEN && (token == Token.NAME || !called)) {
                return false;
            }
            switch (after) {
                case END -> {
                    return true;
                }
                case SEMICOLON -> {
                    return onlySemicolonsFollow();
                }
                case UNKNOWN -> {
                    return false;
                }
                case WORD -> {
                    if (NO_READ.contains(word)) {
                        return false;
                    }
                }
                default -> {}
            }
            before = token;
            token = after;
        }
    }

    private boolean onlySemicolonsFollow() {
        Token token = Token.SEMICOLON;
        while (token == Token.SEMICOLON) {
            token = next();
        }
        return token == Token.END;
    }

    private Token next() {
        word = "";
        if (!skipBlanks()) {
            return Token.UNKNOWN;
        }
        if (at >= sql.length()) {
            return Token.END;
        }
        char c = sql.charAt(at);
        if (isWordStart(c)) {
            return word();
        }
        if (isDigit(c)) {
            return number();
        }
        return switch (c) {
            case '\'' -> quoted('\'', Token.VALUE);
            case '"' -> quoted('"', Token.NAME);
            case '$' -> parameter();
            case '(' -> symbol(Token.OPEN);
            case '.' -> symbol(Token.DOT);
            case ';' -> symbol(Token.SEMICOLON);
            case ':' -> followedBy('=') ? Token.UNKNOWN : symbol(Token.OTHER);
            case '@' -> isOperator() ? symbol(Token.OTHER) : Token.UNKNOWN;
            case ')', ',', '*', '+', '-', '/', '%', '<', '>', '=', '!', '|', '&', '^', '~', '?', '[', ']' ->
                symbol(Token.OTHER);
            default -> Token.UNKNOWN;
        };
    }

    private Token symbol(Token token) {
        at++;
        return token;
    }

    /** Whether an at sign is part of an operator of PostgreSQL's, and not the beginning of a variable of MySQL's. */
    private boolean isOperator() {
        return followedBy('>') || followedBy('@') || sql.startsWith("<", at - 1) || sql.startsWith("@", at - 1);
    }

    private boolean followedBy(char c) {
        return at + 1 < sql.length() && sql.charAt(at + 1) == c;
    }

    /** Passes blanks and comments; false if a comment is of a kind that servers disagree about. */
    private boolean skipBlanks() {
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
                at++;
            } else if (c == '-' && followedBy('-')) {
                if (!skipLineComment()) {
                    return false;
                }
            } else if (c == '/' && followedBy('*')) {
                if (!skipBlockComment()) {
                    return false;
                }
            } else {
                return true;
            }
        }
        return true;
    }

    /** To MySQL two dashes begin a comment only before a blank. */
    private boolean skipLineComment() {
        at += 2;
        if (at < sql.length() && sql.charAt(at) != ' ' && sql.charAt(at) != '\t' && !isLineEnd(sql.charAt(at))) {
            return false;
        }
        while (at < sql.length() && !isLineEnd(sql.charAt(at))) {
            at++;
        }
        return true;
    }

    private static boolean isLineEnd(char c) {
        return c == '\n' || c == '\r';
    }

    /** PostgreSQL nests comments, MySQL does not; what begins with an exclamation mark or a plus is none to some. */
    private boolean skipBlockComment() {
        int end = sql.indexOf("*/", at + 2);
        int inner = sql.indexOf("/*", at + 1);
        boolean nested = inner >= 0 && inner <= end;
        if (end < 0 || nested) {
            return false;
        }
        boolean executable = sql.startsWith("!", at + 2) || sql.startsWith("+", at + 2) || sql.startsWith("M!", at + 2);
        at = end + 2;
        return !executable;
    }

    private Token word() {
        int begin = at;
        while (at < sql.length() && isWordPart(sql.charAt(at))) {
            at++;
        }
        if (at - begin <= LONGEST_WORD) {
            word = sql.substring(begin, at).toLowerCase(Locale.ROOT);
        }
        if (at < sql.length() && (sql.charAt(at) == '\'' || sql.charAt(at) == '"')) {
            // A prefix changes what quotes mean, but for these.
            boolean harmless = sql.charAt(at) == '\''
                    && (word.equals("e") || word.equals("b") || word.equals("x") || word.equals("n"));
            return harmless ? quoted('\'', Token.VALUE) : Token.UNKNOWN;
        }
        return Token.WORD;
    }

    private Token number() {
        while (at < sql.length() && (isWordPart(sql.charAt(at)) || sql.charAt(at) == '.')) {
            at++;
        }
        return at < sql.length() && (sql.charAt(at) == '\'' || sql.charAt(at) == '"') ? Token.UNKNOWN : Token.VALUE;
    }

    /** A quote within is written twice. A backslash escapes it to some servers and not to others. */
    private Token quoted(char quote, Token token) {
        word = "";
        at++;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (c == '\\') {
                return Token.UNKNOWN;
            }
            at++;
            if (c == quote) {
                if (at >= sql.length() || sql.charAt(at) != quote) {
                    return token;
                }
                at++;
            }
        }
        return Token.UNKNOWN;
    }

    /** {@code $1}; any other dollar begins a string without escapes, or is part of a name. */
    private Token parameter() {
        at++;
        int begin = at;
        while (at < sql.length() && isDigit(sql.charAt(at))) {
            at++;
        }
        return at == begin || (at < sql.length() && isWordPart(sql.charAt(at))) ? Token.UNKNOWN : Token.VALUE;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isWordStart(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c > 127 && Character.isLetter(c));
    }

    private static boolean isWordPart(char c) {
        return isWordStart(c) || isDigit(c) || c == '$';
    }
}
