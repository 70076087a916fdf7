//! What a hostile box asks for.

use anyhow::Result;
use tokio::io::AsyncWriteExt as _;

use super::rig::{Rig, listener, soon};

/// A rule that opens every port of every public host, so that only addresses can be the reason.
const EVERYTHING: &[&str] = &["allow *"];

#[tokio::test]
async fn no_spelling_of_a_forbidden_address_is_reached() -> Result<()> {
    let rig = Rig::new(EVERYTHING).await?;
    for (host, reason) in [
        ("127.0.0.1", "address-refused"),
        ("127.8.9.10", "address-refused"),
        ("0.0.0.0", "address-refused"),
        ("10.0.0.1", "address-refused"),
        ("172.16.5.4", "address-refused"),
        ("192.168.1.1", "address-refused"),
        ("100.64.0.1", "address-refused"),
        ("169.254.169.254", "address-refused"),
        ("100.100.100.200", "address-refused"),
        ("168.63.129.16", "address-refused"),
        ("192.0.2.1", "address-refused"),
        ("198.18.0.1", "address-refused"),
        ("224.0.0.1", "address-refused"),
        ("255.255.255.255", "address-refused"),
        ("[::]", "address-refused"),
        ("[::1]", "address-refused"),
        ("[::ffff:127.0.0.1]", "address-refused"),
        ("[::FFFF:7f00:1]", "address-refused"),
        ("[::ffff:1.1.1.1]", "address-refused"),
        ("[::127.0.0.1]", "address-refused"),
        ("[64:ff9b::7f00:1]", "address-refused"),
        ("[2002:7f00:1::]", "address-refused"),
        ("[fd00:ec2::254]", "address-refused"),
        ("[fc00::1]", "address-refused"),
        ("[fe80::1]", "address-refused"),
        ("[ff02::1]", "address-refused"),
        ("2130706433", "bad-target"),
        ("0x7f000001", "bad-target"),
        ("0x7f.0.0.1", "bad-target"),
        ("0177.0.0.1", "bad-target"),
        ("127.1", "bad-target"),
        ("127.0.1", "bad-target"),
        ("127.0.0.1.", "bad-target"),
        ("169.254.169.254.", "bad-target"),
        ("017700000001", "bad-target"),
        ("0X7F000001", "bad-target"),
        ("0x7f.0x0.0x0.0x1", "bad-target"),
        ("2852039166", "bad-target"),
        ("[0:0:0:0:0:ffff:a9fe:a9fe]", "address-refused"),
        ("[::ffff:169.254.169.254]", "address-refused"),
        ("[fe80::1%25eth0]", "bad-target"),
        ("[127.0.0.1]", "bad-target"),
        ("user@127.0.0.1", "bad-target"),
        ("example.com@127.0.0.1", "bad-target"),
        ("boxes.test", "platform-refused"),
        ("BOXES.test.", "platform-refused"),
        ("home.boxes.test", "platform-refused"),
    ] {
        for request in [
            format!("CONNECT {host}:443 HTTP/1.1\r\nhost: www.example.com\r\n\r\n"),
            format!("GET http://{host}/ HTTP/1.1\r\nhost: www.example.com\r\nconnection: close\r\n\r\n"),
        ] {
            let (status, found) = rig.refusal(&request).await?;
            // Some of these hyper itself takes for no URL at all.
            let is_refused = found == reason || (reason == "bad-target" && status == 400 && found.is_empty());
            assert!(is_refused, "{request:?}: {status} {found}");
        }
    }
    assert!(rig.world.looked_up.lock().unwrap().is_empty(), "nothing of this is a name to look up");
    Ok(())
}

#[tokio::test]
async fn a_name_is_refused_for_what_it_leads_to() -> Result<()> {
    let rig = Rig::new(EVERYTHING).await?;
    for (name, address) in [
        ("loopback.test", "127.0.0.1"),
        ("private.test", "10.1.2.3"),
        ("meta.test", "169.254.169.254"),
        ("six.test", "::1"),
        ("mapped.test", "::ffff:10.0.0.1"),
        ("ula.test", "fd00::1"),
        ("nat64.test", "64:ff9b::a00:1"),
    ] {
        rig.world.name(name, &[&[address]]);
        let found = rig.refusal(&format!("CONNECT {name}:443 HTTP/1.1\r\n\r\n")).await?;
        assert_eq!(found, (403, "address-refused".to_owned()), "{name}");
    }
    assert_eq!(rig.world.reasons(), ["address-refused"; 7]);
    Ok(())
}

#[tokio::test]
async fn an_own_public_address_is_refused_like_a_private_one() -> Result<()> {
    let rig = Rig::new(EVERYTHING).await?;
    rig.world.own.lock().unwrap().push("1.1.1.1".parse()?);
    rig.world.name("self.test", &[&["1.1.1.1"]]);
    for target in ["1.1.1.1:443", "self.test:443"] {
        let answer = rig.ask(&format!("CONNECT {target} HTTP/1.1\r\n\r\n")).await?;
        assert!(answer.contains("an address of the platform itself"), "{answer}");
    }
    Ok(())
}

#[tokio::test]
async fn a_name_that_changes_its_mind_gets_the_address_that_was_checked() -> Result<()> {
    // Public at the first look-up, loopback at the second: whoever looks twice is led inside.
    let rig = Rig::new(EVERYTHING).await?;
    let inside = listener().await?;
    let port = inside.local_addr()?.port();
    rig.world.name("rebind.test", &[&["192.0.2.1"], &["127.0.0.1"]]);
    let found = rig.refusal(&format!("CONNECT rebind.test:{port} HTTP/1.1\r\n\r\n")).await?;
    assert_eq!(found.1, "address-refused");
    assert_eq!(rig.world.looked_up.lock().unwrap().len(), 1, "one look-up is all");
    let again = rig.refusal(&format!("CONNECT rebind.test:{port} HTTP/1.1\r\n\r\n")).await?;
    assert_eq!(again.1, "address-refused", "it is remembered, and what comes next is checked as well");
    Ok(())
}

#[tokio::test]
async fn of_several_addresses_only_allowed_ones_are_dialled() -> Result<()> {
    let rig = Rig::new(&["allow up.test inside"]).await?;
    let server = listener().await?;
    let port = server.local_addr()?.port();
    // Nobody listens at the first; the second answers.
    rig.world.name("up.test", &[&["127.0.0.77", "127.0.0.1"]]);
    let _stream = rig.tunnel(port).await?;
    soon(server.accept()).await??;
    // The same host without `inside`: none of them is dialled.
    rig.publish(EVERYTHING);
    let found = rig.refusal(&format!("CONNECT up.test:{port} HTTP/1.1\r\n\r\n")).await?;
    assert_eq!(found, (403, "address-refused".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_redirect_is_the_boxs_to_follow_and_is_refused_then() -> Result<()> {
    let rig = Rig::new(&["allow up.test inside"]).await?;
    let (port, _upstream) = super::rig::upstream(|mut stream| async move {
        super::rig::read_head(&mut stream).await?;
        let answer = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
        Ok(stream.write_all(answer.as_bytes()).await?)
    })
    .await?;
    let answer =
        rig.ask(&format!("GET http://up.test:{port}/ HTTP/1.1\r\nconnection: close\r\n\r\n")).await?;
    assert!(answer.starts_with("HTTP/1.1 302 ") && answer.contains("169.254.169.254"), "{answer}");
    let found = rig.refusal("GET http://169.254.169.254/ HTTP/1.1\r\nconnection: close\r\n\r\n").await?;
    assert_eq!(found.1, "address-refused");
    Ok(())
}

#[tokio::test]
async fn requests_that_are_for_no_proxy_are_refused() -> Result<()> {
    let rig = Rig::new(EVERYTHING).await?;
    for (request, found) in [
        ("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n", (400, "no-target")),
        ("GET https://a.test/ HTTP/1.1\r\nconnection: close\r\n\r\n", (400, "bad-scheme")),
        ("GET ftp://a.test/ HTTP/1.1\r\nconnection: close\r\n\r\n", (400, "bad-scheme")),
        ("GET http://u:p@a.test/ HTTP/1.1\r\nconnection: close\r\n\r\n", (400, "bad-target")),
        ("TRACE http://a.test/ HTTP/1.1\r\nconnection: close\r\n\r\n", (501, "bad-method")),
        ("CONNECT a.test:443 HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello", (400, "malformed")),
        ("CONNECT a.test HTTP/1.1\r\n\r\n", (400, "bad-target")),
        ("CONNECT a.test:0 HTTP/1.1\r\n\r\n", (400, "bad-target")),
        ("CONNECT a.test:70000 HTTP/1.1\r\n\r\n", (400, "bad-target")),
    ] {
        let (status, reason) = rig.refusal(request).await?;
        assert_eq!((status, reason.as_str()), found, "{request:?}");
    }
    Ok(())
}
