package testdelta;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.sql.catalyst.analysis.NoSuchNamespaceException;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.DelegatingCatalogExtension;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableChange;
import org.apache.spark.sql.connector.catalog.TableInfo;
import org.apache.spark.sql.connector.expressions.Transform;

/**
 * Stands in for Unity Catalog with Delta in the lake's tests: tables made {@code USING DELTA} live in memory and take
 * what the shipped SQL does to Delta tables: batch and streaming reads and appends, MERGE, UPDATE, DELETE. Every other
 * table is Spark's own.
 */
public class TestDeltaCatalog extends DelegatingCatalogExtension {
  static final ConcurrentHashMap<String, MemoryTable> TABLES = new ConcurrentHashMap<>();

  private static String key(Identifier name) { return String.join(".", name.namespace()) + "." + name.name(); }

  @Override public Table createTable(Identifier name, TableInfo info)
      throws TableAlreadyExistsException, NoSuchNamespaceException {
    return createTable(name, info.columns(), info.partitions(), info.properties());
  }

  @Override public Table createTable(
      Identifier name, Column[] columns, Transform[] partitions, Map<String, String> properties)
      throws TableAlreadyExistsException, NoSuchNamespaceException {
    if (!"delta".equalsIgnoreCase(properties.get("provider"))) {
      return super.createTable(name, columns, partitions, properties);
    }
    MemoryTable table = new MemoryTable(key(name), columns, new HashMap<>(properties));
    if (TABLES.putIfAbsent(key(name), table) != null) throw new TableAlreadyExistsException(name);
    return table;
  }

  @Override public Table loadTable(Identifier name) throws NoSuchTableException {
    MemoryTable table = TABLES.get(key(name));
    return table != null ? table : super.loadTable(name);
  }

  @Override public boolean tableExists(Identifier name) {
    return TABLES.containsKey(key(name)) || super.tableExists(name);
  }

  @Override public boolean dropTable(Identifier name) { return TABLES.remove(key(name)) != null || super.dropTable(name); }

  @Override public boolean purgeTable(Identifier name) { return dropTable(name); }

  @Override public Identifier[] listTables(String[] namespace) throws NoSuchNamespaceException {
    String prefix = String.join(".", namespace) + ".";
    List<Identifier> all = new ArrayList<>(List.of(super.listTables(namespace)));
    for (String key : TABLES.keySet()) {
      if (key.startsWith(prefix)) all.add(Identifier.of(namespace, key.substring(prefix.length())));
    }
    return all.toArray(new Identifier[0]);
  }

  @Override public Table alterTable(Identifier name, TableChange... changes) throws NoSuchTableException {
    MemoryTable table = TABLES.get(key(name));
    if (table == null) return super.alterTable(name, changes);
    for (TableChange change : changes) {
      if (change instanceof TableChange.SetProperty set) table.properties.put(set.property(), set.value());
      else if (change instanceof TableChange.RemoveProperty remove) table.properties.remove(remove.property());
      else if (change instanceof TableChange.AddColumn add) table.addColumn(add);
      else if (!(change instanceof TableChange.UpdateColumnComment)) {
        throw new UnsupportedOperationException(name + ": " + change.getClass());
      }
    }
    return table;
  }
}
