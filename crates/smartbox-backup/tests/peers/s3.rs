//! A real S3 server, and everything that can be wrong with one.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

use smartbox_backup::{Depot, Error, TroubleKind};
use tokio::runtime::Runtime;

use crate::contract;
use crate::proxy::Proxy;
use crate::server::{BUCKET, KEYS, SECRET, Server, place};
use crate::world::{
    BOX, OWNER, assert_clean, assert_same, home, noise, repository, restored, save, try_save,
};

/// Bytes each second of a connection that holds nothing up.
const FAST: u64 = 1 << 40;

fn depot(runtime: &Runtime, port: u16) -> Depot {
    Depot::open(&place(port, BUCKET, SECRET), runtime.handle().clone()).unwrap()
}

#[track_caller]
fn assert_trouble<T: std::fmt::Debug>(result: Result<T, Error>, kind: TroubleKind) {
    match result {
        Err(Error::Store(trouble)) if trouble.kind == kind => {
            assert!(Error::Store(trouble).to_string().contains(kind.remedy()));
        }
        other => panic!("{kind:?} was expected: {other:?}"),
    }
}

#[test]
fn a_real_s3_server_does_what_every_place_must() {
    let runtime = Runtime::new().unwrap();
    let server = Server::start(&runtime);
    let depot = Depot::open(&server.place(), runtime.handle().clone()).unwrap();
    let place = contract::Place { runtime: &runtime, depot, raw: server.raw(), keys: KEYS.to_vec() };
    contract::holds(&place);
}

#[test]
fn what_is_wrong_with_a_server_is_told_with_what_helps() {
    let runtime = Runtime::new().unwrap();
    let server = Server::start(&runtime);
    let root = tempfile::tempdir().unwrap();
    let home = home(&root);
    let good = depot(&runtime, server.port);
    let first = save(&good, &home);
    let at = |bucket: &str, secret: &str| {
        let depot = Depot::open(&place(server.port, bucket, secret), runtime.handle().clone()).unwrap();
        repository(&depot, BOX)
    };
    let stranger = at(BUCKET, "wrong");
    assert_trouble(stranger.verify(&first.snapshot), TroubleKind::Denied);
    assert_trouble(stranger.snapshots(), TroubleKind::Denied);
    assert_trouble(try_save(&stranger, &home), TroubleKind::Denied);
    assert_trouble(at("nowhere", SECRET).snapshots(), TroubleKind::NoBucket);

    // It goes down in the middle of a snapshot, and comes back.
    let proxy = Proxy::to(server.port, FAST);
    let broken = depot(&runtime, proxy.port);
    fs::write(home.join("workspace/more"), noise(8 << 20, 5)).unwrap();
    proxy.break_after(3 << 20);
    assert_trouble(try_save(&repository(&broken, BOX), &home), TroubleKind::Away);
    assert_eq!(
        repository(&good, BOX).snapshots().unwrap(),
        std::slice::from_ref(&first.snapshot),
        "half of it is no snapshot"
    );
    proxy.break_after(i64::MAX);
    let second = save(&broken, &home);
    proxy.break_after(0);
    assert_trouble(repository(&broken, BOX).verify(&second.snapshot), TroubleKind::Away);
    assert_same(&home, &restored(&repository(&good, BOX), &second.snapshot, &root));
    assert_clean(&good.address(OWNER, BOX), &KEYS);

    // It is slow, and is waited for.
    let slow = Proxy::to(server.port, 1 << 20);
    let patient = depot(&runtime, slow.port);
    fs::write(home.join("workspace/more"), noise(2 << 20, 6)).unwrap();
    let third = save(&patient, &home);
    assert!(slow.passed() > 2 << 20, "it went through the slow connection");
    assert_same(&home, &restored(&repository(&patient, BOX), &third.snapshot, &root));
}

#[test]
fn a_server_with_another_time_is_told_from_wrong_credentials() {
    let runtime = Runtime::new().unwrap();
    // No server here has another clock than this machine, so one answers as S3 documents it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let depot = depot(&runtime, listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        let body = "<?xml version=\"1.0\"?><Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current time is too large.</Message></Error>";
        for mut client in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _read = client.read(&mut request);
            let head = "HTTP/1.1 403 Forbidden\r\ncontent-type: application/xml\r\nconnection: close";
            let _sent = write!(client, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        }
    });
    assert_trouble(repository(&depot, BOX).snapshots(), TroubleKind::Clock);
}
