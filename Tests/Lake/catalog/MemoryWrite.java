package testdelta;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.write.BatchWrite;
import org.apache.spark.sql.connector.write.DataWriter;
import org.apache.spark.sql.connector.write.DataWriterFactory;
import org.apache.spark.sql.connector.write.PhysicalWriteInfo;
import org.apache.spark.sql.connector.write.SupportsDynamicOverwrite;
import org.apache.spark.sql.connector.write.SupportsTruncate;
import org.apache.spark.sql.connector.write.Write;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.connector.write.WriterCommitMessage;
import org.apache.spark.sql.connector.write.streaming.StreamingDataWriterFactory;
import org.apache.spark.sql.connector.write.streaming.StreamingWrite;

/** Appends rows, or replaces all of them. */
final class MemoryWrite implements Write {
  record Rows(List<InternalRow> rows) implements WriterCommitMessage {}

  private final MemoryTable table;
  private final boolean replace;
  private final long readRevision;

  private MemoryWrite(MemoryTable table, boolean replace) {
    this.table = table;
    this.replace = replace;
    this.readRevision = table.revision();
  }

  static final class Builder implements WriteBuilder, SupportsTruncate, SupportsDynamicOverwrite {
    private final MemoryTable table;
    private boolean replace;

    Builder(MemoryTable table, boolean replace) {
      this.table = table;
      this.replace = replace;
    }

    @Override public WriteBuilder truncate() {
      replace = true;
      return this;
    }

    @Override public WriteBuilder overwriteDynamicPartitions() { return truncate(); }
    @Override public Write build() { return new MemoryWrite(table, replace); }
  }

  @Override public BatchWrite toBatch() {
    return new BatchWrite() {
      @Override public DataWriterFactory createBatchWriterFactory(PhysicalWriteInfo info) { return new Factory(); }
      @Override public void abort(WriterCommitMessage[] messages) {}
      @Override public void commit(WriterCommitMessage[] messages) {
        if (replace) table.replace(messages, readRevision);
        else table.append(messages);
      }
    };
  }

  @Override public StreamingWrite toStreaming() {
    return new StreamingWrite() {
      @Override public StreamingDataWriterFactory createStreamingWriterFactory(PhysicalWriteInfo info) {
        return new Factory();
      }
      @Override public void commit(long epoch, WriterCommitMessage[] messages) { table.append(messages); }
      @Override public void abort(long epoch, WriterCommitMessage[] messages) {}
    };
  }

  static final class Factory implements DataWriterFactory, StreamingDataWriterFactory {
    @Override public DataWriter<InternalRow> createWriter(int partition, long task) {
      return new DataWriter<>() {
        private final List<InternalRow> rows = new ArrayList<>();

        @Override public void write(InternalRow row) { rows.add(row.copy()); }
        @Override public WriterCommitMessage commit() { return new Rows(rows); }
        @Override public void abort() {}
        @Override public void close() {}
      };
    }

    @Override public DataWriter<InternalRow> createWriter(int partition, long task, long epoch) {
      return createWriter(partition, task);
    }
  }
}
