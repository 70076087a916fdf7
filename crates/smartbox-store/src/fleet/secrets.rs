//! Sealed secrets of boxes.

use secrecy::SecretString;
use smartbox_core::{BoxId, OrgId};

use crate::database::Connection;
use crate::sealing::{Place, Sealed, Sealer};
use crate::{Error, Store};

pub(super) fn place<'a>(id: &'a str, name: &'a str) -> Place<'a> {
    Place { table: "secrets", row: id, name }
}

/// Seals a secret and puts it in its place.
pub(crate) async fn put(
    tx: &mut Connection,
    sealer: &Sealer,
    id: BoxId,
    name: &str,
    secret: &SecretString,
) -> Result<(), Error> {
    let id = id.to_string();
    let sealed = sealer.seal(place(&id, name), secret)?;
    sqlx::query("insert into secrets (box_id, name, key_id, nonce, ciphertext) values ($1, $2, $3, $4, $5)")
        .bind(&id)
        .bind(name)
        .bind(sealed.key_id)
        .bind(sealed.nonce)
        .bind(sealed.ciphertext)
        .execute(tx)
        .await?;
    Ok(())
}

/// Opens a secret of a box, of one org or of any.
pub(crate) async fn find(
    store: &Store,
    org: Option<OrgId>,
    id: BoxId,
    name: &str,
) -> Result<Option<SecretString>, Error> {
    let id = id.to_string();
    let query = match org {
        Some(org) => sqlx::query_as(
            "select s.key_id, s.nonce, s.ciphertext from secrets s join boxes b on b.id = s.box_id
             where s.box_id = $1 and s.name = $2 and b.org_id = $3",
        )
        .bind(&id)
        .bind(name)
        .bind(org.to_string()),
        None => {
            sqlx::query_as("select key_id, nonce, ciphertext from secrets where box_id = $1 and name = $2")
                .bind(&id)
                .bind(name)
        }
    };
    let sealed: Option<Sealed> = query.fetch_optional(&mut *store.database.read().await?).await?;
    sealed.map(|sealed| store.sealer.open(place(&id, name), &sealed)).transpose()
}
