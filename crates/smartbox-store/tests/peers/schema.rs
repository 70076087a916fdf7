//! One list of migrations makes the same tables on both databases.

use std::collections::BTreeSet;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::server::Server;
use crate::support::{database, sealer};

/// Name of the table and of the column, its type, whether it may be null.
type Column = (String, String, String, bool);

/// Of SQLite: the names of types as the migrations write them.
async fn of_sqlite() -> (BTreeSet<Column>, BTreeSet<String>) {
    let directory = tempfile::tempdir().unwrap();
    let path = database(directory.path());
    smartbox_store::Store::open(&path, sealer(directory.path())).await.unwrap().close().await;
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let columns: Vec<Column> = sqlx::query_as(
        r#"select m.name, c.name, lower(c.type), c."notnull" = 0 and c.pk = 0
           from sqlite_schema m, pragma_table_info(m.name) c where m.type = 'table' and m.name not like '\_%' escape '\'"#,
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let indexes: Vec<String> =
        sqlx::query_scalar("select name from sqlite_schema where type = 'index' and sql is not null")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    connection.close().await.unwrap();
    (columns.into_iter().collect(), indexes.into_iter().collect())
}

async fn of_postgres() -> (BTreeSet<Column>, BTreeSet<String>) {
    let server = Server::new().await;
    let mut connection = server.connection().await;
    let columns: Vec<Column> = sqlx::query_as(
        r"select cast(table_name as text), cast(column_name as text), cast(data_type as text), is_nullable = 'YES'
          from information_schema.columns where table_schema = 'public' and table_name not like '\_%'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    // Those that a constraint brings have no statement of their own in SQLite either.
    let indexes: Vec<String> = sqlx::query_scalar(
        "select cast(i.indexname as text) from pg_indexes i
         where i.schemaname = 'public'
           and not exists (select 1 from pg_constraint c where c.conname = i.indexname)",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    (columns.into_iter().collect(), indexes.into_iter().collect())
}

#[tokio::test]
async fn both_databases_end_in_the_same_tables_columns_and_indexes() {
    let (sqlite, postgres) = (of_sqlite().await, of_postgres().await);
    assert!(sqlite.0.len() > 200 && sqlite.1.len() > 30, "{} {}", sqlite.0.len(), sqlite.1.len());
    let only =
        |one: &BTreeSet<Column>, other: &BTreeSet<Column>| one.difference(other).cloned().collect::<Vec<_>>();
    assert_eq!(only(&sqlite.0, &postgres.0), [], "only in SQLite");
    assert_eq!(only(&postgres.0, &sqlite.0), [], "only in PostgreSQL");
    assert_eq!(sqlite.1, postgres.1);
}

#[tokio::test]
async fn columns_are_of_the_three_types_that_both_databases_know() {
    let (columns, _indexes) = of_postgres().await;
    let types: BTreeSet<&str> = columns.iter().map(|(_, _, kind, _)| kind.as_str()).collect();
    assert_eq!(types.into_iter().collect::<Vec<_>>(), ["bigint", "boolean", "text"]);
}
