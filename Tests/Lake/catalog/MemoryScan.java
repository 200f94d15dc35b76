package testdelta;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.read.SupportsPushDownRequiredColumns;
import org.apache.spark.sql.connector.read.streaming.MicroBatchStream;
import org.apache.spark.sql.connector.read.streaming.Offset;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** Reads a table as it was when the scan was built, or as a stream of appended rows. */
final class MemoryScan implements Scan {
  /**
   * Readers run in the same process: a partition names its rows by a number. They are there for as long as the plan that they
   * were read for; kept for longer, the old rows of every table that was ever rewritten would fill the memory.
   */
  private static final ConcurrentHashMap<Integer, WeakReference<List<InternalRow>>> PARTITIONS = new ConcurrentHashMap<>();
  private static final AtomicInteger NEXT = new AtomicInteger();

  private final MemoryTable table;
  private final List<InternalRow> snapshot;
  private final StructType full;
  private final StructType wanted;

  private final boolean skipChanges;

  private MemoryScan(MemoryTable table, StructType wanted, boolean skipChanges) {
    this.table = table;
    this.skipChanges = skipChanges;
    this.snapshot = table.snapshot();
    this.full = table.rowSchema();
    this.wanted = wanted;
  }

  static final class Builder implements ScanBuilder, SupportsPushDownRequiredColumns {
    private final MemoryTable table;
    private final boolean skipChanges;
    private StructType wanted;

    Builder(MemoryTable table, CaseInsensitiveStringMap options) {
      this.table = table;
      this.skipChanges = options.containsKey("skipchangecommits") && !"false".equals(options.get("skipchangecommits"));
      this.wanted = table.rowSchema();
    }

    @Override public void pruneColumns(StructType required) { wanted = required; }
    @Override public Scan build() { return new MemoryScan(table, wanted, skipChanges); }
  }

  @Override public StructType readSchema() { return wanted; }

  @Override public Batch toBatch() {
    return new Batch() {
      @Override public InputPartition[] planInputPartitions() { return plan(snapshot); }
      @Override public PartitionReaderFactory createReaderFactory() { return factory(); }
    };
  }

  private static InputPartition[] plan(List<InternalRow> rows) {
    PARTITIONS.values().removeIf(kept -> kept.get() == null);
    int number = NEXT.incrementAndGet();
    PARTITIONS.put(number, new WeakReference<>(rows));
    return new InputPartition[] {new Partition(number, rows)};
  }

  private PartitionReaderFactory factory() {
    int[] places = new int[wanted.length()];
    DataType[] types = new DataType[wanted.length()];
    for (int i = 0; i < places.length; i++) {
      places[i] = full.fieldIndex(wanted.fields()[i].name());
      types[i] = wanted.fields()[i].dataType();
    }
    return new Factory(places, types);
  }

  /** Goes to its reader without the rows; where it was planned, it keeps them. */
  static final class Partition implements InputPartition {
    private final int number;
    private final transient List<InternalRow> rows;

    Partition(int number, List<InternalRow> rows) {
      this.number = number;
      this.rows = rows;
    }
  }

  record Factory(int[] places, DataType[] types) implements PartitionReaderFactory {
    @Override public PartitionReader<InternalRow> createReader(InputPartition partition) {
      Iterator<InternalRow> rows = PARTITIONS.get(((Partition) partition).number).get().iterator();
      return new PartitionReader<>() {
        private InternalRow row;

        @Override public boolean next() {
          if (!rows.hasNext()) return false;
          row = rows.next();
          return true;
        }

        @Override public InternalRow get() {
          Object[] values = new Object[places.length];
          for (int i = 0; i < places.length; i++) {
            // A column that was added later is missing at the end of older appended rows.
            boolean missing = places[i] >= row.numFields() || row.isNullAt(places[i]);
            values[i] = missing ? null : row.get(places[i], types[i]);
          }
          return new GenericInternalRow(values);
        }

        @Override public void close() {}
      };
    }
  }

  @Override public MicroBatchStream toMicroBatchStream(String checkpoint) {
    return new MicroBatchStream() {
      @Override public Offset initialOffset() { return new Count(0); }
      @Override public Offset latestOffset() { return new Count(table.appended()); }
      @Override public Offset deserializeOffset(String json) { return new Count(Long.parseLong(json)); }
      @Override public void commit(Offset end) {}
      @Override public void stop() {}
      @Override public PartitionReaderFactory createReaderFactory() { return factory(); }
      @Override public InputPartition[] planInputPartitions(Offset start, Offset end) {
        if (!skipChanges && table.changedAt() >= ((Count) start).rows) {
          throw new IllegalStateException("[DELTA_SOURCE_TABLE_IGNORE_CHANGES] " + table.id + " was changed in place");
        }
        return plan(new ArrayList<>(table.appended(((Count) start).rows, ((Count) end).rows)));
      }
    };
  }

  private static final class Count extends Offset {
    private final long rows;

    Count(long rows) { this.rows = rows; }
    @Override public String json() { return Long.toString(rows); }
  }
}
