//! Secrets in plain HTTP: in the named header or path, for the named host, and nowhere else.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use super::rig::{Rig, read_head, status_and_reason, upstream};

/// What an upstream has seen is its answer.
async fn echo() -> Result<(u16, JoinSet<()>)> {
    upstream(|mut stream| async move {
        let head = read_head(&mut stream).await?;
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await?;
        let answer = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
        stream.write_all(&[answer.as_bytes(), head.as_bytes(), &body].concat()).await?;
        Ok(())
    })
    .await
}

fn set(rig: &Rig, name: &str, value: &str) {
    rig.world.secrets.lock().unwrap().insert(name.to_owned(), value.to_owned());
}

#[tokio::test]
async fn a_value_takes_the_place_of_its_placeholder_for_the_named_host_alone() -> Result<()> {
    let (port, _up) = echo().await?;
    let rig =
        Rig::injecting(&[&format!("http://up.test:{port}/v1 secret=TOKEN header=authorization methods=GET")])
            .await?;
    set(&rig, "TOKEN", "the-real-value");
    let get = |host: &str, path: &str, method: &str| {
        format!(
            "{method} http://{host}:{port}{path} HTTP/1.1\r\nconnection: close\r\nAuthorization: Bearer sbx-placeholder-TOKEN\r\n\
             x-other: sbx-placeholder-TOKEN\r\ncontent-length: 21\r\n\r\nsbx-placeholder-TOKEN"
        )
    };
    let answer = rig.ask(&get("up.test", "/v1/x?token=sbx-placeholder-TOKEN", "GET")).await?;
    assert!(answer.contains("Authorization: Bearer the-real-value\r\n"), "{answer}");
    assert!(answer.contains("GET /v1/x?token=sbx-placeholder-TOKEN "), "not in the query: {answer}");
    assert!(answer.contains("x-other: sbx-placeholder-TOKEN\r\n"), "not in another header: {answer}");
    assert!(answer.contains("\r\n\r\nsbx-placeholder-TOKEN"), "not in the body: {answer}");
    for (host, path, method) in [
        ("other.test", "/v1/x", "GET"),
        ("up.test", "/v2", "GET"),
        ("up.test", "/v1/../v2", "GET"),
        ("up.test", "/v1/x", "POST"),
    ] {
        let answer = rig.ask(&get(host, path, method)).await?;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(!answer.contains("the-real-value"), "{method} {host}{path}: {answer}");
    }
    Ok(())
}

#[tokio::test]
async fn a_value_in_a_path_stays_within_its_segment() -> Result<()> {
    let (port, _up) = echo().await?;
    let rig = Rig::injecting(&[&format!("http://up.test:{port}/ secret=BOT path")]).await?;
    set(&rig, "BOT", "123:AB/../?x=y");
    let answer = rig
        .ask(&format!(
            "GET http://up.test:{port}/botsbx-placeholder-BOT/getMe?a=b HTTP/1.1\r\nconnection: close\r\n\r\n"
        ))
        .await?;
    assert!(answer.contains("GET /bot123:AB%2F..%2F%3Fx=y/getMe?a=b HTTP/1.1\r\n"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn credentials_of_git_are_opened_and_closed_again() -> Result<()> {
    let (port, _up) = echo().await?;
    let rig =
        Rig::injecting(&[&format!("http://up.test:{port}/ secret=GIT_TOKEN header=authorization")]).await?;
    set(&rig, "GIT_TOKEN", "the-real-value");
    let basic = BASE64.encode("x-access-token:sbx-placeholder-GIT_TOKEN");
    let answer = rig
        .ask(&format!(
            "GET http://up.test:{port}/ HTTP/1.1\r\nconnection: close\r\nauthorization: Basic {basic}\r\n\r\n"
        ))
        .await?;
    assert!(
        answer.contains(&format!("Basic {}", BASE64.encode("x-access-token:the-real-value"))),
        "{answer}"
    );
    Ok(())
}

#[tokio::test]
async fn another_value_counts_for_the_next_request() -> Result<()> {
    let (port, _up) = echo().await?;
    let rig = Rig::injecting(&[&format!("http://up.test:{port}/ secret=TOKEN header=x-key")]).await?;
    let request = format!(
        "GET http://up.test:{port}/ HTTP/1.1\r\nconnection: close\r\nx-key: sbx-placeholder-TOKEN\r\n\r\n"
    );
    for value in ["the-first", "the-second"] {
        set(&rig, "TOKEN", value);
        assert!(rig.ask(&request).await?.contains(&format!("x-key: {value}\r\n")));
    }
    rig.publish_injections(&[], true);
    assert!(
        rig.ask(&request).await?.contains("x-key: sbx-placeholder-TOKEN\r\n"),
        "without the rule it stays"
    );
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_put_in_is_told_and_not_sent() -> Result<()> {
    let (port, _up) = echo().await?;
    let rig = Rig::injecting(&[&format!("http://up.test:{port}/ secret=TOKEN header=x-key")]).await?;
    let request = format!(
        "GET http://up.test:{port}/ HTTP/1.1\r\nconnection: close\r\nx-key: sbx-placeholder-TOKEN\r\n\r\n"
    );
    let missing = rig.ask(&request).await?;
    assert_eq!(status_and_reason(&missing), (403, "secret-missing".to_owned()));
    assert!(missing.contains("smartbox secret set"), "{missing}");
    set(&rig, "TOKEN", "a value\r\nx-injected: 1");
    let unfit = rig.ask(&request).await?;
    assert_eq!(status_and_reason(&unfit), (403, "secret-unfit".to_owned()));
    assert!(!unfit.contains("a value"), "{unfit}");
    *rig.world.is_vault_down.lock().unwrap() = true;
    assert_eq!(rig.refusal(&request).await?, (503, "vault-closed".to_owned()));
    // Who has no placeholder needs no vault.
    let plain = format!("GET http://up.test:{port}/ HTTP/1.1\r\nconnection: close\r\nx-key: mine\r\n\r\n");
    assert!(rig.ask(&plain).await?.contains("x-key: mine\r\n"));
    Ok(())
}
