use std::net::UdpSocket;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::platform::Platform;

/// What a program of a box reaches: what policy allows, through the proxy, and nothing else in no way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_reaches_what_it_was_given_and_nothing_else() {
    let (port, _server) = server().await;
    let rule = format!("allow 127.0.0.2 ports={port} inside; deny *.ads.example");
    let platform = Platform::start(&[("SMARTBOX__EGRESS__RULES", &rule)]).await;
    platform.wait_for_phase("home", "running").await;
    let sh = |script: &str| platform.exec("home", &["sh", "-c", script]);
    let given = format!("http://127.0.0.2:{port}/");

    // What was given: plain, through a tunnel, with curl and with Node.js.
    let node = |url: &str| {
        format!(
            "fetch('{url}').then(async a => console.log(a.status, await a.text()), e => console.log('failed', e.cause?.code))"
        )
    };
    let (_, out, err) = sh(&format!("curl -s {given}"));
    assert_eq!(out, "reached", "{err}\n{}", platform.log());
    assert_eq!(sh(&format!("curl -s -p {given}")).1, "reached");
    let (_, out, err) = platform.exec("home", &["node", "-e", &node(&given)]);
    assert_eq!(out.trim(), "200 reached", "{err}");
    let (_, out, _) = sh(&format!(
        "curl -s --http2-prior-knowledge -o /dev/null -w '%{{http_code}}' -x 127.0.0.1:3128 {given}"
    ));
    assert!(out.starts_with('2') || out == "000", "an old curl may not speak it: {out}");

    // The same without the proxy: there is no other way.
    assert_eq!(sh(&format!("curl -s --noproxy '*' {given}")).0, Some(7));
    let bare = format!("env -i PATH=\"$PATH\" node -e \"{}\"", node(&given).replace('"', "\\\""));
    assert!(sh(&bare).1.starts_with("failed ECONNREFUSED"), "{:?}", sh(&bare));
    let outside = own_address();
    let program = format!(
        "import socket\n\
         def attempt(kind, address):\n\
         \x20   try:\n\
         \x20       s = socket.socket(socket.AF_INET, kind); s.settimeout(5); s.connect(address); s.send(b'x'); print('open')\n\
         \x20   except OSError as e: print(e.errno)\n\
         attempt(socket.SOCK_STREAM, ('127.0.0.2', {port}))\n\
         for host in ('{outside}', '1.1.1.1', '169.254.169.254'): attempt(socket.SOCK_STREAM, (host, 80))\n\
         attempt(socket.SOCK_DGRAM, ('1.1.1.1', 53))"
    );
    let (_, out, err) = platform.exec("home", &["python3", "-c", &program]);
    assert_eq!(out.split_whitespace().collect::<Vec<_>>(), ["111", "101", "101", "101", "101"], "{err}");
    assert_eq!(sh(&format!("env -i PATH=\"$PATH\" curl -s {given}")).0, Some(7));
    assert_ne!(platform.exec("home", &["getent", "hosts", "example.com"]).0, Some(0));
    other_sockets_lead_nowhere(&platform);

    // Through the proxy: the host, the platform, the metadata service, gateways of boxes.
    let own = platform.url("/").trim_start_matches("http://").trim_end_matches('/').to_owned();
    for (target, reason) in [
        (format!("127.0.0.3:{port}"), "address-refused"),
        (format!("127.0.0.1:{port}"), "address-refused"),
        (format!("{outside}:{port}"), "address-refused"),
        (own, "address-refused"),
        ("169.254.169.254".to_owned(), "address-refused"),
        ("[fd00:ec2::254]".to_owned(), "address-refused"),
        ("127.0.0.1:18789".to_owned(), "address-refused"),
        ("10.0.0.1".to_owned(), "address-refused"),
        ("x.ads.example".to_owned(), "denied"),
        ("1.1.1.1:22".to_owned(), "port-closed"),
    ] {
        let asked = format!("curl -s -g -i --noproxy '' -x 127.0.0.1:3128 'http://{target}/'");
        let (_, answer, err) = sh(&asked);
        let found = answer.lines().any(|line| line.trim_end() == format!("x-smartbox-reason: {reason}"));
        // A port that nothing allows is refused before its address is looked at.
        let closed = answer.contains("x-smartbox-reason: port-closed");
        assert!(answer.starts_with("HTTP/1.1 403 ") && (found || closed), "{target}: {answer} {err}");
        assert!(answer.contains("smartbox egress allow"), "the agent is told what to do: {answer}");
    }
    let (code, _, err) = sh("curl -sS -g --noproxy '' -x 127.0.0.1:3128 https://169.254.169.254/");
    assert!(code == Some(56) && err.contains("403"), "{code:?} {err}");

    // The owner is told, and not flooded.
    let told = platform.actions("home").await.iter().filter(|action| *action == "egress.refused").count();
    assert!((1..=10).contains(&told), "{told} events");
    its_log_tells(&platform, &format!("127.0.0.2:{port} allowed"));
    // The gateway went through all of this with the same variables.
    assert!(platform.cli_ok(&["chat", "hello"]).contains("hello"));
}

/// What it was connected with stands in its log, and what was refused.
fn its_log_tells(platform: &Platform, reached: &str) {
    let log = platform.cli_ok(&["logs", "--source", "egress", "--tail", "1000"]);
    let line = |words: &[&str]| log.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(line(&["egress.connection", reached, r#""end":"complete""#]), "through a tunnel: {log}");
    assert!(line(&["egress.connection", reached, r#""end":"closed""#]), "request by request: {log}");
    assert!(
        line(&["egress.refused", "x.ads.example", "denied"])
            || line(&["egress.connection refused", "x.ads.example"]),
        "{log}"
    );
}

/// Sockets below TCP and UDP, and those of IPv6.
fn other_sockets_lead_nowhere(platform: &Platform) {
    let lower = "import socket\n\
         def attempt(family, kind, protocol, address):\n\
         \x20   try:\n\
         \x20       s = socket.socket(family, kind, protocol); s.settimeout(5); s.connect(address); s.send(b'x'); print('open')\n\
         \x20   except OSError: print('closed')\n\
         attempt(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP, ('1.1.1.1', 0))\n\
         attempt(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP, ('1.1.1.1', 0))\n\
         attempt(socket.AF_INET6, socket.SOCK_STREAM, 0, ('2606:4700:4700::1111', 80))\n\
         attempt(socket.AF_INET6, socket.SOCK_STREAM, 0, ('fd00:ec2::254', 80))";
    let (_, out, err) = platform.exec("home", &["python3", "-c", lower]);
    assert_eq!(out.split_whitespace().collect::<Vec<_>>(), ["closed"; 4], "{err}");
}

/// A server on every address of this machine that says `reached`.
async fn server() -> (u16, JoinSet<()>) {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let mut head = [0; 4096];
            if stream.read(&mut head).await.is_ok_and(|read| read > 0) {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\nreached";
                let _ = stream.write_all(answer).await;
            }
        }
    });
    (port, tasks)
}

/// An address of this machine that others reach it by; where it has none, one of its loopback.
fn own_address() -> String {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    match socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()) {
        Ok(address) => address.ip().to_string(),
        Err(_no_way_out) => "127.0.0.9".to_owned(),
    }
}
