package dev.tenfold.replication.jdbc;

import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.net.URL;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.Ref;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.Calendar;
import org.jspecify.annotations.Nullable;

/** A prepared statement that may be prepared again on another node, with the same parameters. */
final class RoutingPreparedStatement extends RoutingStatement implements PreparedStatement {

    RoutingPreparedStatement(RoutingConnection connection, String sql, Making making) throws SQLException {
        super(connection, sql, making);
    }

    private static PreparedStatement prepared(Statement statement) {
        return (PreparedStatement) statement;
    }

    /** Sets a parameter now, and again wherever the statement is prepared again. */
    private void set(int index, Recording.Parameter parameter, @Nullable Object value, long number)
            throws SQLException {
        if (isCurrent()) {
            parameter.set(prepared(delegate()), index, value, number);
        }
        recording().put(index, parameter, value, number);
    }

    /** The statement to set a parameter on that can be read once, or belongs to its connection. */
    private PreparedStatement once() throws SQLException {
        PreparedStatement statement = prepared(isCurrent() ? delegate() : ready(prepared));
        recording().putUnrepeatable();
        return statement;
    }

    // Execution

    @Override
    public ResultSet executeQuery() throws SQLException {
        return execute(prepared, statement -> prepared(statement).executeQuery());
    }

    @Override
    public int executeUpdate() throws SQLException {
        return execute(prepared, statement -> prepared(statement).executeUpdate());
    }

    @Override
    public long executeLargeUpdate() throws SQLException {
        return execute(prepared, statement -> prepared(statement).executeLargeUpdate());
    }

    @Override
    public boolean execute() throws SQLException {
        return execute(prepared, statement -> prepared(statement).execute());
    }

    @Override
    public void addBatch() throws SQLException {
        prepared(isCurrent() ? delegate() : ready(prepared)).addBatch();
        batched();
    }

    @Override
    public @Nullable ResultSetMetaData getMetaData() throws SQLException {
        return prepared(ready(prepared)).getMetaData();
    }

    @Override
    public ParameterMetaData getParameterMetaData() throws SQLException {
        return prepared(ready(prepared)).getParameterMetaData();
    }

    // Parameters

    @Override
    public void clearParameters() throws SQLException {
        if (isCurrent()) {
            prepared(delegate()).clearParameters();
        }
        recording().clearParameters();
    }

    @Override
    public void setBoolean(int index, boolean value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setBoolean(at, number != 0), null, value ? 1 : 0);
    }

    @Override
    public void setByte(int index, byte value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setByte(at, (byte) number), null, value);
    }

    @Override
    public void setShort(int index, short value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setShort(at, (short) number), null, value);
    }

    @Override
    public void setInt(int index, int value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setInt(at, (int) number), null, value);
    }

    @Override
    public void setLong(int index, long value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setLong(at, number), null, value);
    }

    @Override
    public void setFloat(int index, float value) throws SQLException {
        set(
                index,
                (statement, at, object, number) -> statement.setFloat(at, Float.intBitsToFloat((int) number)),
                null,
                Float.floatToRawIntBits(value));
    }

    @Override
    public void setDouble(int index, double value) throws SQLException {
        set(
                index,
                (statement, at, object, number) -> statement.setDouble(at, Double.longBitsToDouble(number)),
                null,
                Double.doubleToRawLongBits(value));
    }

    @Override
    public void setBigDecimal(int index, @Nullable BigDecimal value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setBigDecimal(at, (BigDecimal) object), value, 0);
    }

    @Override
    public void setString(int index, @Nullable String value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setString(at, (String) object), value, 0);
    }

    @Override
    public void setNString(int index, @Nullable String value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setNString(at, (String) object), value, 0);
    }

    @Override
    public void setBytes(int index, byte @Nullable [] value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setBytes(at, (byte[]) object), value, 0);
    }

    @Override
    public void setDate(int index, @Nullable Date value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setDate(at, (Date) object), value, 0);
    }

    @Override
    public void setTime(int index, @Nullable Time value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setTime(at, (Time) object), value, 0);
    }

    @Override
    public void setTimestamp(int index, @Nullable Timestamp value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setTimestamp(at, (Timestamp) object), value, 0);
    }

    @Override
    public void setArray(int index, @Nullable Array value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setArray(at, (Array) object), value, 0);
    }

    @Override
    public void setURL(int index, @Nullable URL value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setURL(at, (URL) object), value, 0);
    }

    @Override
    public void setObject(int index, @Nullable Object value) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setObject(at, object), value, 0);
    }

    @Override
    public void setNull(int index, int type) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setNull(at, (int) number), null, type);
    }

    @Override
    public void setNull(int index, int type, String name) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setNull(at, (int) number, (String) object), name, type);
    }

    @Override
    public void setObject(int index, @Nullable Object value, int type) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setObject(at, object, (int) number), value, type);
    }

    @Override
    public void setObject(int index, @Nullable Object value, int type, int scale) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setObject(at, object, type, scale), value, 0);
    }

    @Override
    public void setObject(int index, @Nullable Object value, SQLType type) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setObject(at, object, type), value, 0);
    }

    @Override
    public void setObject(int index, @Nullable Object value, SQLType type, int scale) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setObject(at, object, type, scale), value, 0);
    }

    @Override
    public void setDate(int index, @Nullable Date value, @Nullable Calendar calendar) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setDate(at, (Date) object, calendar), value, 0);
    }

    @Override
    public void setTime(int index, @Nullable Time value, @Nullable Calendar calendar) throws SQLException {
        set(index, (statement, at, object, number) -> statement.setTime(at, (Time) object, calendar), value, 0);
    }

    @Override
    public void setTimestamp(int index, @Nullable Timestamp value, @Nullable Calendar calendar) throws SQLException {
        set(
                index,
                (statement, at, object, number) -> statement.setTimestamp(at, (Timestamp) object, calendar),
                value,
                0);
    }

    // Parameters that can be read once, or belong to their connection

    @Override
    public void setRef(int index, @Nullable Ref value) throws SQLException {
        once().setRef(index, value);
    }

    @Override
    public void setBlob(int index, @Nullable Blob value) throws SQLException {
        once().setBlob(index, value);
    }

    @Override
    public void setClob(int index, @Nullable Clob value) throws SQLException {
        once().setClob(index, value);
    }

    @Override
    public void setNClob(int index, @Nullable NClob value) throws SQLException {
        once().setNClob(index, value);
    }

    @Override
    public void setRowId(int index, @Nullable RowId value) throws SQLException {
        once().setRowId(index, value);
    }

    @Override
    public void setSQLXML(int index, @Nullable SQLXML value) throws SQLException {
        once().setSQLXML(index, value);
    }

    @Override
    public void setAsciiStream(int index, @Nullable InputStream value) throws SQLException {
        once().setAsciiStream(index, value);
    }

    @Override
    public void setAsciiStream(int index, @Nullable InputStream value, long length) throws SQLException {
        once().setAsciiStream(index, value, length);
    }

    @Override
    public void setBinaryStream(int index, @Nullable InputStream value) throws SQLException {
        once().setBinaryStream(index, value);
    }

    @Override
    public void setBinaryStream(int index, @Nullable InputStream value, long length) throws SQLException {
        once().setBinaryStream(index, value, length);
    }

    @Override
    public void setCharacterStream(int index, @Nullable Reader value) throws SQLException {
        once().setCharacterStream(index, value);
    }

    @Override
    public void setCharacterStream(int index, @Nullable Reader value, long length) throws SQLException {
        once().setCharacterStream(index, value, length);
    }

    @Override
    public void setNCharacterStream(int index, @Nullable Reader value) throws SQLException {
        once().setNCharacterStream(index, value);
    }

    @Override
    public void setNCharacterStream(int index, @Nullable Reader value, long length) throws SQLException {
        once().setNCharacterStream(index, value, length);
    }

    @Override
    public void setBlob(int index, @Nullable InputStream value) throws SQLException {
        once().setBlob(index, value);
    }

    @Override
    public void setBlob(int index, @Nullable InputStream value, long length) throws SQLException {
        once().setBlob(index, value, length);
    }

    @Override
    public void setClob(int index, @Nullable Reader value) throws SQLException {
        once().setClob(index, value);
    }

    @Override
    public void setClob(int index, @Nullable Reader value, long length) throws SQLException {
        once().setClob(index, value, length);
    }

    @Override
    public void setNClob(int index, @Nullable Reader value) throws SQLException {
        once().setNClob(index, value);
    }

    @Override
    public void setNClob(int index, @Nullable Reader value, long length) throws SQLException {
        once().setNClob(index, value, length);
    }

    @Override
    public void setAsciiStream(int index, @Nullable InputStream value, int length) throws SQLException {
        once().setAsciiStream(index, value, length);
    }

    @Override
    public void setBinaryStream(int index, @Nullable InputStream value, int length) throws SQLException {
        once().setBinaryStream(index, value, length);
    }

    @Override
    public void setCharacterStream(int index, @Nullable Reader value, int length) throws SQLException {
        once().setCharacterStream(index, value, length);
    }

    @Override
    @Deprecated
    @SuppressWarnings("deprecation")
    public void setUnicodeStream(int index, @Nullable InputStream value, int length) throws SQLException {
        once().setUnicodeStream(index, value, length);
    }
}
