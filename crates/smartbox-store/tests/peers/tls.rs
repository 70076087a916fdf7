//! TLS towards the server, whose certificate is for `localhost` and its own authority.

use secrecy::SecretString;
use smartbox_store::{OpenError, Store};

use crate::proxy::home;
use crate::server::Server;
use crate::support::fleet_of;

/// The database over TCP.
fn over_tcp(server: &Server, host: &str, more: &str) -> SecretString {
    server.at(|url| {
        let (front, _socket) = url.split_once("?host=").unwrap();
        let (_server, name) = front.rsplit_once('/').unwrap();
        format!("postgres://smartbox@{host}:{}/{name}?{more}", server.port())
    })
}

async fn try_open(server: &Server, host: &str, more: &str) -> Result<Store, OpenError> {
    Store::connect(&over_tcp(server, host, more), 4, server.sealer()).await
}

#[tokio::test]
async fn a_certificate_is_checked_and_that_it_is_for_this_name() {
    let server = Server::new().await;
    let authority = home().join("server.crt");
    let with_authority = format!("sslmode=verify-full&sslrootcert={}", authority.display());
    let store = try_open(&server, "localhost", &with_authority).await.unwrap();
    fleet_of(&store).meta_set("over", "tls").await.unwrap();
    let mut connection = server.connection().await;
    let encrypted: i64 = sqlx::query_scalar(
        "select count(*) from pg_stat_ssl s join pg_stat_activity a using (pid)
         where s.ssl and s.version = 'TLSv1.3' and a.datname = current_database() and a.application_name = 'smartbox'",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert!(encrypted > 0, "it is encrypted");

    // Nobody has signed it, as far as this machine knows; and it is for another name.
    for (host, more) in [("localhost", "sslmode=verify-full"), ("127.0.0.1", with_authority.as_str())] {
        let error = try_open(&server, host, more).await.unwrap_err();
        assert!(matches!(error, OpenError::Unreachable { .. }), "{host} {more}: {error:?}");
    }
}

#[tokio::test]
async fn on_this_machine_nothing_is_encrypted_unless_it_is_asked_for() {
    let server = Server::new().await;
    try_open(&server, "localhost", "").await.unwrap();
    try_open(&server, "127.0.0.1", "sslmode=prefer").await.unwrap();
    try_open(&server, "127.0.0.1", "sslmode=require").await.unwrap();
}
