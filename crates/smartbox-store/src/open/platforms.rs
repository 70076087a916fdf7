//! The platforms that share a database on a server, as somebody sees them who is none of them.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::Error;
use crate::database::Connection;
use crate::platforms::{Platform, PlatformRow};
use crate::row::instant;

/// The lease under which boxes are acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformLease {
    /// Who has it; `None`: several platforms together.
    pub holder: Option<String>,
    /// Until when.
    pub until: Timestamp,
}

/// What the database knows of platforms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenPlatforms {
    /// Those that joined and were not buried, in the order in which they joined: the first leads.
    pub platforms: Vec<Platform>,
    /// How many boxes each keeps, by its id.
    pub boxes: HashMap<String, u64>,
    /// Boxes that nobody keeps.
    pub unkept: u64,
    /// The lease, if there ever was one.
    pub lease: Option<PlatformLease>,
    /// What is known of maintenance, as it is written down; empty when there is none.
    pub maintenance: String,
    /// The server's time.
    pub database_now: Timestamp,
}

/// Reads it; `None` while the tables are not there, or are older.
pub(super) async fn seen(connection: &mut Connection) -> Result<Option<SeenPlatforms>, Error> {
    let is_there: bool =
        sqlx::query_scalar("select to_regclass('platforms') is not null").fetch_one(&mut *connection).await?;
    if !is_there {
        return Ok(None);
    }
    let rows: Vec<PlatformRow> = sqlx::query_as(
        "select id, joined, place, address, version, joined_at_ms, beat, beat_at_ms from platforms order by joined",
    )
    .fetch_all(&mut *connection)
    .await?;
    let kept: Vec<(Option<String>, i64)> = sqlx::query_as(
        "select nullif(keepings.keeper, ''), count(*) from boxes left join keepings on keepings.box_id = boxes.id
         group by 1",
    )
    .fetch_all(&mut *connection)
    .await?;
    let lease: Option<(String, i64)> =
        sqlx::query_as("select holder, expires_at_ms from leases where name = 'reconciler'")
            .fetch_optional(&mut *connection)
            .await?;
    let maintenance: Option<String> = sqlx::query_scalar("select value from meta where name = 'maintenance'")
        .fetch_optional(&mut *connection)
        .await?;
    let now: i64 = sqlx::query_scalar("select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)")
        .fetch_one(&mut *connection)
        .await?;
    let (mut boxes, mut unkept) = (HashMap::new(), 0);
    for (keeper, count) in kept {
        let count = u64::try_from(count).unwrap_or(0);
        match keeper {
            Some(keeper) => drop(boxes.insert(keeper, count)),
            None => unkept = count,
        }
    }
    let lease = lease.map(|(holder, until)| {
        Ok::<_, Error>(PlatformLease {
            holder: (holder != crate::fleet::TOGETHER).then_some(holder),
            until: instant(until)?,
        })
    });
    Ok(Some(SeenPlatforms {
        platforms: rows.into_iter().map(Platform::try_from).collect::<Result<_, _>>()?,
        boxes,
        unkept,
        lease: lease.transpose()?,
        maintenance: maintenance.unwrap_or_default(),
        database_now: instant(now)?,
    }))
}
