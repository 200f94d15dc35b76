package testdelta;

import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.connector.catalog.CatalogV2Util;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.SupportsRowLevelOperations;
import org.apache.spark.sql.connector.catalog.SupportsWrite;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.TableChange;
import org.apache.spark.sql.connector.catalog.TruncatableTable;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.RowLevelOperation;
import org.apache.spark.sql.connector.write.RowLevelOperationBuilder;
import org.apache.spark.sql.connector.write.RowLevelOperationInfo;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.connector.write.WriterCommitMessage;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * Rows in memory. Appends add at the end; a stream's offset is the number of rows it has seen. MERGE, UPDATE and DELETE
 * replace all rows (copy on write), and fail when the table changed since they read it, as Delta does. A stream that reads
 * past such a change fails, as Delta's does, unless it was told {@code skipChangeCommits}.
 */
final class MemoryTable
    implements SupportsRead, SupportsWrite, SupportsRowLevelOperations, TruncatableTable {
  final String id;
  final Map<String, String> properties;
  private Column[] columns;
  private List<InternalRow> rows = new ArrayList<>();
  /** Every row as it was appended; a stream's offsets count these. */
  private final List<InternalRow> log = new ArrayList<>();
  private long revision = 0;
  /** The stream offset at which rows were last changed in place, or -1. */
  private long changedAt = -1;

  MemoryTable(String id, Column[] columns, Map<String, String> properties) {
    this.id = id;
    this.columns = columns;
    this.properties = properties;
  }

  @Override public String name() { return id; }
  @Override public synchronized Column[] columns() { return columns; }
  @Override public Map<String, String> properties() { return properties; }

  @Override public Set<TableCapability> capabilities() {
    return EnumSet.of(
        TableCapability.BATCH_READ, TableCapability.MICRO_BATCH_READ, TableCapability.BATCH_WRITE,
        TableCapability.STREAMING_WRITE, TableCapability.TRUNCATE, TableCapability.OVERWRITE_DYNAMIC);
  }

  StructType rowSchema() { return CatalogV2Util.v2ColumnsToStructType(columns()); }
  synchronized List<InternalRow> snapshot() { return rows; }
  synchronized long revision() { return revision; }
  synchronized long appended() { return log.size(); }
  synchronized long changedAt() { return changedAt; }
  synchronized List<InternalRow> appended(long from, long to) {
    return new ArrayList<>(log.subList((int) from, (int) Math.min(to, log.size())));
  }

  synchronized void append(WriterCommitMessage[] messages) {
    List<InternalRow> next = new ArrayList<>(rows);
    for (WriterCommitMessage message : messages) {
      next.addAll(((MemoryWrite.Rows) message).rows());
      log.addAll(((MemoryWrite.Rows) message).rows());
    }
    rows = next;
    revision++;
  }

  synchronized void replace(WriterCommitMessage[] messages, long readRevision) {
    if (revision != readRevision) {
      throw new ConcurrentModificationException("[DELTA_CONCURRENT_APPEND] " + id + " changed while it was read");
    }
    List<InternalRow> next = new ArrayList<>();
    for (WriterCommitMessage message : messages) next.addAll(((MemoryWrite.Rows) message).rows());
    rows = next;
    changedAt = log.size();
    revision++;
  }

  synchronized void addColumn(TableChange.AddColumn added) {
    StructType old = rowSchema();
    List<InternalRow> wider = new ArrayList<>();
    for (InternalRow row : rows) {
      Object[] values = new Object[columns.length + 1];
      for (int i = 0; i < columns.length; i++) {
        values[i] = row.isNullAt(i) ? null : row.get(i, old.fields()[i].dataType());
      }
      wider.add(new GenericInternalRow(values));
    }
    List<Column> more = new ArrayList<>(List.of(columns));
    more.add(Column.create(added.fieldNames()[0], added.dataType(), added.isNullable()));
    columns = more.toArray(new Column[0]);
    rows = wider;
  }

  @Override public synchronized boolean truncateTable() {
    rows = new ArrayList<>();
    revision++;
    return true;
  }

  @Override public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
    return new MemoryScan.Builder(this, options);
  }

  @Override public WriteBuilder newWriteBuilder(LogicalWriteInfo info) { return new MemoryWrite.Builder(this, false); }

  @Override public RowLevelOperationBuilder newRowLevelOperationBuilder(RowLevelOperationInfo info) {
    return () -> new RowLevelOperation() {
      @Override public Command command() { return info.command(); }
      @Override public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
        return new MemoryScan.Builder(MemoryTable.this, options);
      }
      @Override public WriteBuilder newWriteBuilder(LogicalWriteInfo write) {
        return new MemoryWrite.Builder(MemoryTable.this, true);
      }
    };
  }
}
