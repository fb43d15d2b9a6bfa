package dev.tenfold.replication.consumers;

import java.util.List;
import javax.sql.DataSource;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionManager;
import org.springframework.transaction.annotation.AnnotationTransactionAttributeSource;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.interceptor.TransactionInterceptor;

/** A Spring service with {@code @Transactional}, behind the same interceptor that an application context puts there. */
final class Spring implements Application {

    /** What the service offers. */
    interface Entries {

        /** Writes in a transaction, and in a second one that suspends it. */
        @Transactional
        void insert(long id);

        /** Reads in a read-only transaction. */
        @Transactional(readOnly = true)
        String find(long id);

        /** Reads in a read-only transaction; within it, in one of its own, writes. */
        @Transactional(readOnly = true)
        List<String> findAndNote(long id);

        /** Writes in a new transaction, whatever is around it. */
        @Transactional(propagation = Propagation.REQUIRES_NEW)
        String note(long id);

        /** Reads in a savepoint of the transaction around it. */
        @Transactional(propagation = Propagation.NESTED)
        String nested();

        /** Writes, and reads within the same transaction what it wrote. */
        @Transactional
        List<String> insertAndFind(long id);
    }

    private static final class Service implements Entries {

        private final JdbcTemplate jdbc;
        private Entries self = this;

        Service(DataSource source) {
            jdbc = new JdbcTemplate(source);
        }

        @Override
        public void insert(long id) {
            jdbc.update("INSERT INTO entry VALUES (?, 'Spring')", id);
        }

        @Override
        public String find(long id) {
            jdbc.queryForList("SELECT app FROM entry WHERE id = ?", String.class, id);
            return node();
        }

        @Override
        public List<String> findAndNote(long id) {
            String before = node();
            return List.of(before, self.note(id), node());
        }

        @Override
        public String note(long id) {
            insert(id);
            return node();
        }

        @Override
        public String nested() {
            return node();
        }

        @Override
        public List<String> insertAndFind(long id) {
            insert(id);
            // A read-only method that joins a writing transaction sees what that wrote.
            String node = self.find(id);
            return List.of(
                    node,
                    self.nested(),
                    String.valueOf(jdbc.queryForObject("SELECT count(*) FROM entry WHERE id = ?", Integer.class, id)));
        }

        private String node() {
            return jdbc.queryForObject("SELECT node FROM whoami", String.class);
        }
    }

    private final Entries entries;

    Spring(DataSource source) {
        Service service = new Service(source);
        ProxyFactory proxy = new ProxyFactory(service);
        TransactionManager transactions = new JdbcTransactionManager(source);
        proxy.addAdvice(new TransactionInterceptor(transactions, new AnnotationTransactionAttributeSource()));
        entries = (Entries) proxy.getProxy();
        service.self = entries;
    }

    Entries entries() {
        return entries;
    }

    @Override
    public String name() {
        return "Spring";
    }

    @Override
    public void write(long id) {
        entries.insert(id);
    }

    @Override
    public String read(long id) {
        return entries.find(id);
    }
}
