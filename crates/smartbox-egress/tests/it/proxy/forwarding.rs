//! Plain HTTP in absolute form.

use std::sync::{Arc, Mutex};

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::rig::{Rig, listener, read_head, soon, upstream};

/// An upstream that keeps the heads it gets and answers each in the same way.
async fn recorder(answer: &'static str) -> Result<(u16, Arc<Mutex<Vec<String>>>, JoinSet<()>)> {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heads);
    let (port, tasks) = upstream(move |mut stream: TcpStream| {
        let kept = Arc::clone(&kept);
        async move {
            loop {
                let head = read_head(&mut stream).await?;
                kept.lock().unwrap().push(head);
                stream.write_all(answer.as_bytes()).await?;
            }
        }
    })
    .await?;
    Ok((port, heads, tasks))
}

#[tokio::test]
async fn end_to_end_headers_arrive_and_those_for_the_next_hop_do_not() -> Result<()> {
    let rig = Rig::open().await?;
    let answer = "HTTP/1.1 200 OK\r\nX-Answer: 1\r\nset-cookie: a=b\r\nset-cookie: c=d\r\nconnection: keep-alive, x-hop\r\nx-hop: 1\r\n\
                  keep-alive: timeout=5\r\nproxy-authenticate: Basic\r\ncontent-length: 2\r\n\r\nok";
    let (port, heads, _upstream) = recorder(answer).await?;
    let request = format!(
        "GET http://up.test:{port}/path?q=1&q=2 HTTP/1.1\r\nHost: lies.test\r\nAuthorization: Bearer t\r\nCookie: a=b\r\n\
         X-Custom: 1\r\nAccept-Encoding: br\r\nproxy-connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\n\
         Connection: close, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nKeep-Alive: 5\r\n\r\n"
    );
    let answered = rig.ask(&request).await?;
    let head = heads.lock().unwrap()[0].to_ascii_lowercase();
    assert!(head.starts_with("get /path?q=1&q=2 http/1.1\r\n"), "{head}");
    for kept in [
        format!("host: up.test:{port}\r\n").as_str(),
        "authorization: bearer t\r\n",
        "cookie: a=b\r\n",
        "x-custom: 1\r\n",
        "accept-encoding: br\r\n",
        "via: 1.1 smartbox\r\n",
    ] {
        assert!(head.contains(kept), "{kept} in {head}");
    }
    for dropped in ["lies.test", "proxy-", "connection:", "x-hop", "te:", "keep-alive", "eDp5"] {
        assert!(!head.contains(&dropped.to_ascii_lowercase()), "{dropped} in {head}");
    }
    for kept in ["HTTP/1.1 200 OK", "X-Answer: 1", "set-cookie: a=b", "set-cookie: c=d", "\r\n\r\nok"] {
        assert!(answered.contains(kept), "{kept} in {answered}");
    }
    for dropped in ["x-hop", "keep-alive", "proxy-authenticate"] {
        assert!(!answered.contains(dropped), "{dropped} in {answered}");
    }
    Ok(())
}

#[tokio::test]
async fn bodies_stream_both_ways_before_they_end() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let port = server.local_addr()?.port();
    let mut stream = rig.dial().await?;
    let head =
        format!("POST http://up.test:{port}/ HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    stream.write_all(head.as_bytes()).await?;
    let (mut served, _) = server.accept().await?;
    let head = read_head(&mut served).await?;
    assert!(head.to_ascii_lowercase().contains("transfer-encoding: chunked"), "{head}");
    let mut piece = [0; 10];
    soon(served.read_exact(&mut piece)).await??;
    assert_eq!(&piece, b"5\r\nfirst\r\n");
    served.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n").await?;
    let answered = read_head(&mut stream).await?;
    assert!(answered.starts_with("HTTP/1.1 200 "), "{answered}");
    let mut piece = [0; 8];
    soon(stream.read_exact(&mut piece)).await??;
    assert_eq!(&piece, b"3\r\none\r\n", "the answer's first piece is there while the request still goes on");
    stream.write_all(b"6\r\nsecond\r\n0\r\n\r\n").await?;
    let mut rest = [0; 16];
    soon(served.read_exact(&mut rest)).await??;
    assert_eq!(&rest, b"6\r\nsecond\r\n0\r\n\r\n");
    Ok(())
}

#[tokio::test]
async fn requests_of_one_connection_share_one_to_the_upstream_and_each_is_decided() -> Result<()> {
    let rig = Rig::open().await?;
    let (port, heads, _upstream) = recorder("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await?;
    let mut stream = rig.dial().await?;
    for path in ["one", "two", "three"] {
        stream.write_all(format!("GET http://up.test:{port}/{path} HTTP/1.1\r\n\r\n").as_bytes()).await?;
        assert!(read_head(&mut stream).await?.starts_with("HTTP/1.1 200 "));
        soon(stream.read_exact(&mut [0; 2])).await??;
    }
    rig.proxy.flush().await;
    let used = rig.world.total();
    assert_eq!((used.connections, used.requests), (1, 3));
    let sent: usize = heads.lock().unwrap().iter().map(String::len).sum();
    assert_eq!(used.sent, u64::try_from(sent)?, "heads count as they were written");
    assert_eq!(used.received, 3 * 40);
    rig.publish(&["deny up.test"]);
    stream.write_all(format!("GET http://up.test:{port}/four HTTP/1.1\r\n\r\n").as_bytes()).await?;
    assert!(read_head(&mut stream).await?.starts_with("HTTP/1.1 403 "));
    assert_eq!(heads.lock().unwrap().len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_meanwhile_costs_nothing() -> Result<()> {
    let rig = Rig::open().await?;
    let (port, _upstream) = upstream(|mut stream| async move {
        read_head(&mut stream).await?;
        // Says that it would stay, and does not.
        Ok(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await?)
    })
    .await?;
    for _ in 0..20 {
        let answer =
            rig.ask(&format!("GET http://up.test:{port}/ HTTP/1.1\r\nconnection: close\r\n\r\n")).await?;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_cut_is_not_taken_for_a_whole_one() -> Result<()> {
    let rig = Rig::open().await?;
    let (port, _upstream) = upstream(|mut stream| async move {
        read_head(&mut stream).await?;
        Ok(stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n").await?)
    })
    .await?;
    let answer =
        rig.ask(&format!("GET http://up.test:{port}/ HTTP/1.1\r\nconnection: close\r\n\r\n")).await?;
    assert!(answer.contains("one") && !answer.contains("0\r\n\r\n"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn an_upstream_that_speaks_something_else_is_explained() -> Result<()> {
    let rig = Rig::open().await?;
    for nonsense in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
    ] {
        let (port, _upstream) = upstream(move |mut stream| async move {
            read_head(&mut stream).await?;
            Ok(stream.write_all(nonsense.as_bytes()).await?)
        })
        .await?;
        let found =
            rig.refusal(&format!("GET http://up.test:{port}/ HTTP/1.1\r\nconnection: close\r\n\r\n")).await?;
        assert_eq!(found, (502, "upstream-broken".to_owned()), "{nonsense:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_old_client_gets_its_answer_and_the_end() -> Result<()> {
    let rig = Rig::open().await?;
    let (port, heads, _upstream) =
        recorder("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n").await?;
    let answer = rig.ask(&format!("GET http://up.test:{port} HTTP/1.0\r\n\r\n")).await?;
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    assert!(heads.lock().unwrap()[0].starts_with("GET / HTTP/1.1\r\n"));
    Ok(())
}

#[tokio::test]
async fn hops_of_options_are_counted_and_the_last_one_answers() -> Result<()> {
    let rig = Rig::open().await?;
    let (port, heads, _upstream) = recorder("HTTP/1.1 204 No Content\r\n\r\n").await?;
    let ask = |hops: u8| {
        format!(
            "OPTIONS http://up.test:{port}/ HTTP/1.1\r\nmax-forwards: {hops}\r\nconnection: close\r\n\r\n"
        )
    };
    assert!(rig.ask(&ask(0)).await?.starts_with("HTTP/1.1 200 "));
    assert!(heads.lock().unwrap().is_empty());
    assert!(rig.ask(&ask(3)).await?.starts_with("HTTP/1.1 204 "));
    assert!(heads.lock().unwrap()[0].contains("max-forwards: 2"));
    Ok(())
}
