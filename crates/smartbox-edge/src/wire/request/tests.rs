use super::*;

const HEAD: &str = "GET /a?b=c HTTP/1.1\r\nHost: x\r\nA: 1\r\n\r\n";

fn of(bytes: &[u8]) -> Read {
    read(bytes, &mut Scan::default())
}

#[test]
fn a_plain_head_is_read() {
    let bytes = "POST /a?b=c HTTP/1.1\r\nHost: x\r\ncontent-length: 3\r\nA:  1 \r\nConnection: Keep-Alive\r\na: 2\r\n\r\nabcGET";
    let Read::Plain(plain) = of(bytes.as_bytes()) else { panic!("not plain") };
    assert_eq!((plain.head.method, plain.head.uri.to_string()), (Method::POST, "/a?b=c".to_owned()));
    assert_eq!(plain.head.headers.get_all("a").iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(&bytes[plain.head_bytes..], "abcGET");
    assert_eq!(plain.body_bytes, 3);
}

#[test]
fn however_a_head_comes_it_is_found_once_it_is_there() {
    let mut scan = Scan::default();
    for end in 1..HEAD.len() {
        assert!(matches!(read(&HEAD.as_bytes()[..end], &mut scan), Read::More), "{end}");
    }
    assert!(matches!(read(HEAD.as_bytes(), &mut scan), Read::Plain(_)));
}

#[test]
fn what_could_be_read_in_another_way_is_left_to_hyper() {
    for odd in [
        "\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET / HTTP/1.0\r\nhost: x\r\n\r\n",
        "GET http://x/ HTTP/1.1\r\nhost: x\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n",
        "CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n",
        "TRACE / HTTP/1.1\r\nhost: x\r\n\r\n",
        "PROPFIND / HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET / HTTP/1.1\nhost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\n\n",
        "GET / HTTP/1.1\r\nhost: x\r\na: 1\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\n host: x\r\n\r\n",
        "GET / HTTP/1.1\r\na: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\nhost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nhost : x\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\na: \x01\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\nconnection: keep-alive, a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n",
        "GET /a b HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /#a HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /\u{e9} HTTP/1.1\r\nhost: x\r\n\r\n",
        "nonsense\r\n\r\n",
        "\x16\x03\x01",
    ] {
        assert!(matches!(of(odd.as_bytes()), Read::Other), "{odd:?}");
    }
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: 1\r\n".repeat(HEADERS_MAX));
    assert!(matches!(of(many.as_bytes()), Read::Other));
}
