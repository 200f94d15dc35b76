package testdelta;

import java.util.Map;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.sources.DataSourceRegister;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** Only there so that {@code USING DELTA} resolves; {@link TestDeltaCatalog} makes the tables. */
public class TestDelta implements TableProvider, DataSourceRegister {
  @Override public String shortName() { return "delta"; }
  @Override public boolean supportsExternalMetadata() { return true; }
  @Override public StructType inferSchema(CaseInsensitiveStringMap options) { return new StructType(); }

  @Override public Table getTable(StructType schema, Transform[] partitions, Map<String, String> properties) {
    throw new UnsupportedOperationException("test tables have no paths: name them through the catalog");
  }
}
