package dev.tenfold.facade;

import dev.tenfold.DataPath;
import java.util.concurrent.atomic.AtomicInteger;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A process that writes and never relays: several threads put ever higher balances, each saying on standard output what was
 * acknowledged, until it is killed.
 */
final class AccountWriter {

    private static final int THREADS = 4;

    private AccountWriter() {}

    public static void main(String[] arguments) {
        PGSimpleDataSource database = new PGSimpleDataSource();
        database.setUrl(arguments[0]);
        database.setUser("postgres");
        DataPath<Long, Long> accounts = AccountPath.over(database, () -> {});
        AtomicInteger next = new AtomicInteger();
        for (int i = 0; i < THREADS; i++) {
            long account = i;
            new Thread(() -> {
                        while (true) {
                            long balance = next.incrementAndGet();
                            accounts.put(account, balance);
                            System.out.println(account + "=" + balance);
                        }
                    })
                    .start();
        }
    }
}
