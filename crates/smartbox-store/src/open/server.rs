//! Opening a database on a server.
//!
//! It is made by whoever runs the server. An empty one becomes ours; one with other tables than ours is left as it is. Several
//! platforms may start on one database at the same time: the first one migrates, the others wait for it.

use std::path::Path;

use sqlx::Connection as _;

use super::platforms::{self, SeenPlatforms};
use super::{Found, judge, judge_schema, look_into, migrate};
use crate::database::{Connection, Database, Server};
use crate::error::OpenError;
use crate::sealing::Sealer;

/// The oldest server that is known to work, as `server_version_num`.
const VERSION_MIN: i64 = 150_000;

/// Connects, brings the schema up to date, and hands the connections over.
pub(crate) async fn open(server: &Server, sealer: &Sealer) -> Result<Database, OpenError> {
    let address = server.address();
    let path = Path::new(&address);
    let mut connection = server.connect_alone().await.map_err(|error| OpenError::unreachable(path, error))?;
    let ready = get_ready(path, &mut connection, sealer).await;
    // What a failed migration has locked goes with its connection.
    let closed = connection.close().await;
    ready?;
    closed.map_err(|error| OpenError::unreachable(path, error))?;
    Ok(Database::connect(server))
}

/// Looks whether it can be used.
pub(crate) async fn look_at(server: &Server) -> Result<(), OpenError> {
    let address = server.address();
    let path = Path::new(&address);
    let unreachable = |error: sqlx::Error| OpenError::unreachable(path, error);
    let mut connection = server.connect_alone().await.map_err(unreachable)?;
    let found = examine(path, &mut connection).await;
    connection.close().await.map_err(unreachable)?;
    if let Some(found) = found? { judge_schema(path, &found) } else { Ok(()) }
}

/// The platforms that share it; `None` where it is none of ours yet.
pub(crate) async fn look_at_platforms(server: &Server) -> Result<Option<SeenPlatforms>, OpenError> {
    let address = server.address();
    let path = Path::new(&address);
    let mut connection = server.connect_alone().await.map_err(|error| OpenError::unreachable(path, error))?;
    let seen = platforms::seen(&mut connection).await;
    // What it was asked is known by now.
    let _closed = connection.close().await;
    seen.map_err(|error| OpenError::unusable(path, error))
}

async fn get_ready(path: &Path, connection: &mut Connection, sealer: &Sealer) -> Result<(), OpenError> {
    if let Some(found) = examine(path, connection).await? {
        judge(path, &found, sealer)?;
    }
    migrate(connection, sealer).await.map_err(|error| OpenError::unreachable(path, error))
}

/// What a look at the database found; `None` while it is empty.
async fn examine(path: &Path, connection: &mut Connection) -> Result<Option<Found>, OpenError> {
    let unreachable = |error: sqlx::Error| OpenError::unreachable(path, error);
    if let Some(what) = unfit(connection).await.map_err(unreachable)? {
        return Err(OpenError::Unfit { path: path.to_owned(), what });
    }
    look(connection).await.map_err(unreachable)
}

/// What about the server or the database would lead to wrong results or lost writes.
async fn unfit(connection: &mut Connection) -> Result<Option<String>, sqlx::Error> {
    let version: i64 = sqlx::query_scalar("select cast(current_setting('server_version_num') as bigint)")
        .fetch_one(&mut *connection)
        .await?;
    if version < VERSION_MIN {
        return Ok(Some(format!("is on a server that is too old ({version})")));
    }
    let (encoding, collation, is_standby, commit): (String, String, bool, String) = sqlx::query_as(
        "select cast(pg_encoding_to_char(encoding) as text),
                case when datlocprovider = 'i' then 'ICU' else cast(datcollate as text) end,
                pg_is_in_recovery(), current_setting('synchronous_commit')
         from pg_database where datname = current_database()",
    )
    .fetch_one(&mut *connection)
    .await?;
    // Others compare texts by the rules of a language, which differ from those of SQLite and change with the system's libraries.
    let by_bytes = ["C", "POSIX", "C.UTF-8", "C.utf8"];
    Ok(if encoding != "UTF8" {
        Some(format!("has texts in {encoding} and not in UTF8"))
    } else if !by_bytes.contains(&collation.as_str()) {
        Some(format!("sorts texts by the rules of {collation} and not of C"))
    } else if is_standby {
        Some("is on a standby, which takes no writes".to_owned())
    } else if commit == "off" {
        Some("acknowledges what is not on its disk yet (synchronous_commit = off)".to_owned())
    } else {
        None
    })
}

async fn look(connection: &mut Connection) -> Result<Option<Found>, sqlx::Error> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select cast(table_name as text) from information_schema.tables where table_schema = current_schema()",
    )
    .fetch_all(&mut *connection)
    .await?;
    if tables.is_empty() { Ok(None) } else { look_into(connection, &tables).await.map(Some) }
}
