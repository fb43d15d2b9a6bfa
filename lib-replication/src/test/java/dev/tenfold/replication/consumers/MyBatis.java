package dev.tenfold.replication.consumers;

import dev.tenfold.replication.jdbc.RoutingDataSource;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Param;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.mapping.Environment;
import org.apache.ibatis.session.Configuration;
import org.apache.ibatis.session.SqlSession;
import org.apache.ibatis.session.SqlSessionFactory;
import org.apache.ibatis.session.SqlSessionFactoryBuilder;
import org.apache.ibatis.transaction.jdbc.JdbcTransactionFactory;

/** MyBatis; it marks nothing, and its statements decide. */
final class MyBatis implements Application {

    /** The statements. */
    interface Entries {

        /** A write. */
        @Insert("INSERT INTO entry VALUES (#{id}, #{app})")
        void insert(@Param("id") long id, @Param("app") String app);

        /** A plain read. */
        @Select("SELECT node FROM whoami WHERE (SELECT count(*) FROM entry WHERE id = #{id}) >= 0")
        String find(long id);
    }

    private final SqlSessionFactory sessions;

    MyBatis(RoutingDataSource routing) {
        Configuration configuration =
                new Configuration(new Environment("test", new JdbcTransactionFactory(), routing.routingByStatement()));
        configuration.addMapper(Entries.class);
        sessions = new SqlSessionFactoryBuilder().build(configuration);
    }

    @Override
    public String name() {
        return "MyBatis";
    }

    @Override
    public void write(long id) {
        try (SqlSession session = sessions.openSession()) {
            session.getMapper(Entries.class).insert(id, name());
            session.commit();
        }
    }

    @Override
    public String read(long id) {
        try (SqlSession session = sessions.openSession(true)) {
            return session.getMapper(Entries.class).find(id);
        }
    }
}
