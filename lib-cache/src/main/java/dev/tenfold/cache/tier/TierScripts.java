package dev.tenfold.cache.tier;

import java.util.List;

/**
 * What Redis does in one step each.
 *
 * <p><b>Keys</b>, all in one hash slot: per entry a hash (v version, s since, r read at, d data, t tags) and a lease (its
 * number, and since), and one hash for the whole cache (s newest bulk invalidation, a newest that dropped everything, p
 * prefixes, t:... tags, n the last number given to a version or a lease). Times are microseconds of the server's clock.
 *
 * <p><b>Invariants.</b> An entry is alive if no bulk invalidation later than its <i>since</i> concerns it; a lease is good if
 * it still stands and the same holds for what it is to keep. A key's put and invalidation take its lease away, so whoever
 * read before can keep nothing. Numbers are never given twice: where the hash of the cache is gone (evicted, flushed), the
 * clock begins them anew, and whatever is older is dead.
 */
final class TierScripts {

    /** Above so many prefixes or tags to remember, everything is dropped instead, and they are forgotten. */
    static final int MAXIMUM_PREFIXES = 64;

    static final int MAXIMUM_TAGS = 10_000;

    private static final String PRELUDE = """
            local time = redis.call('TIME')
            local now = time[1] * 1000000 + time[2]
            local function text(number) return string.format('%.0f', number) end
            local state = redis.call('HMGET', KEYS[1], 's', 'a', 'p')
            local newest, cleared = tonumber(state[1] or now), tonumber(state[2] or now)
            if not state[1] then
              redis.call('HSET', KEYS[1], 's', text(now), 'a', text(now), 'n', text(now))
            end
            local function dead(since, key, tags)
              if since >= newest then return false end
              if since < cleared then return true end
              for _, tag in ipairs(tags) do
                local at = redis.call('HGET', KEYS[1], 't:' .. tag)
                if at and tonumber(at) > since then return true end
              end
              if state[3] then
                for _, prefix in ipairs(cmsgpack.unpack(state[3])) do
                  if tonumber(prefix[2]) > since and string.sub(key, 1, #prefix[1]) == prefix[1] then return true end
                end
              end
              return false
            end
            local function tags(first)
              local found = {}
              for i = first, #ARGV do found[#found + 1] = ARGV[i] end
              return found
            end
            local function lease()
              local held = redis.call('GET', KEYS[3])
              if not held then return nil end
              local number, since = string.match(held, '^(%d+) (%d+)$')
              return number, tonumber(since)
            end
            local function keep(age, millis, data, of)
              if tonumber(millis) <= 0 then
                redis.call('DEL', KEYS[2], KEYS[3])
                return
              end
              redis.call('HSET', KEYS[2], 'v', redis.call('HINCRBY', KEYS[1], 'n', 1), 's', text(newest),
                  'r', text(now - age), 'd', data, 't', cmsgpack.pack(of))
              redis.call('PEXPIRE', KEYS[2], millis)
              redis.call('DEL', KEYS[3])
            end
            """;

    /** Keys: cache, entry, lease. Arguments: the key as text, how long a lease stands in milliseconds. */
    static final String READ = PRELUDE + """
            local entry = redis.call('HMGET', KEYS[2], 'v', 's', 'r', 'd', 't')
            if entry[1] then
              if not dead(tonumber(entry[2]), ARGV[1], cmsgpack.unpack(entry[5])) then
                return {tonumber(entry[1]), now - tonumber(entry[3]), entry[4]}
              end
              redis.call('DEL', KEYS[2])
            end
            local number, since = lease()
            if number and since >= newest then
              return {tonumber(number), 1}
            end
            number = redis.call('HINCRBY', KEYS[1], 'n', 1)
            redis.call('SET', KEYS[3], text(number) .. ' ' .. text(newest), 'PX', ARGV[2])
            return {number, 0}
            """;

    /** Keys: cache, entry, lease. Arguments: the key as text, the lease, age, milliseconds to stay, data, tags. */
    static final String FILL = PRELUDE + """
            local number, since = lease()
            if number ~= ARGV[2] then
              local entry = redis.call('HMGET', KEYS[2], 'v', 's')
              if entry[1] ~= ARGV[2] then return 0 end
              since = tonumber(entry[2])
            end
            local of = tags(6)
            if dead(since, ARGV[1], of) then return 0 end
            keep(ARGV[3], ARGV[4], ARGV[5], of)
            return 1
            """;

    /**
     * Keys: cache, entry, lease, the connection's fence. Arguments: the fence's number, age, milliseconds to stay, data, tags.
     * A put that lingered on a connection given up since must not come in late.
     */
    static final String PUT = PRELUDE + """
            local fence = redis.call('GET', KEYS[4])
            if fence and tonumber(fence) > tonumber(ARGV[1]) then return 0 end
            keep(ARGV[2], ARGV[3], ARGV[4], tags(5))
            return 1
            """;

    /** Keys: cache, then entry and lease of each key. Arguments: 1 to drop everything, how many tags, tags, prefixes. */
    static final String DROP = PRELUDE + """
            for i = 2, #KEYS, 2 do
              redis.call('DEL', KEYS[i], KEYS[i + 1])
            end
            local everything = ARGV[1] == '1'
            if #ARGV == 2 and not everything then return 1 end
            local at = math.max(now, newest + 1)
            local tagged = tonumber(ARGV[2])
            local prefixes = state[3] and cmsgpack.unpack(state[3]) or {}
            for i = 3 + tagged, #ARGV do prefixes[#prefixes + 1] = {ARGV[i], text(at)} end
            if #prefixes > %d or redis.call('HLEN', KEYS[1]) + tagged > %d then everything = true end
            if everything then
              local last = redis.call('HGET', KEYS[1], 'n')
              redis.call('DEL', KEYS[1])
              redis.call('HSET', KEYS[1], 's', text(at), 'a', text(at), 'n', last)
              return 1
            end
            for i = 3, 2 + tagged do redis.call('HSET', KEYS[1], 't:' .. ARGV[i], text(at)) end
            redis.call('HSET', KEYS[1], 's', text(at), 'p', cmsgpack.pack(prefixes))
            return 1
            """.formatted(MAXIMUM_PREFIXES, MAXIMUM_TAGS);

    static final List<String> ALL = List.of(READ, FILL, PUT, DROP);

    private TierScripts() {}
}
