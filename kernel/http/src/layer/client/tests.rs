use super::*;

#[track_caller]
fn check(peer: &str, forwarded: &str, want: &str) {
    let trusted: Vec<Cidr> = ["10.0.0.0/8", "::1"].map(|text| text.parse().unwrap()).into();
    let mut headers = HeaderMap::new();
    for line in forwarded.split('|').filter(|line| !line.is_empty()) {
        headers.append(FORWARDED_FOR, line.parse().unwrap());
    }
    let peer = Peer { address: peer.parse().unwrap(), tls: false };
    let client = client(Some(peer), &headers, &trusted);
    assert_eq!(client.address.unwrap().to_string(), want, "{forwarded:?}");
}

#[test]
fn what_a_stranger_says_of_itself_counts_for_nothing() {
    check("203.0.113.9:1", "198.51.100.7", "203.0.113.9");
    check("[::ffff:203.0.113.9]:1", "198.51.100.7", "203.0.113.9");
}

#[test]
fn a_trusted_proxy_names_the_client() {
    check("10.0.0.1:1", "198.51.100.7", "198.51.100.7");
    check("[::1]:1", "198.51.100.7:4711", "198.51.100.7");
    check("10.0.0.1:1", "[2001:db8::7]:4711", "2001:db8::7");
    check("10.0.0.1:1", "", "10.0.0.1");
}

#[test]
fn only_what_trusted_proxies_have_written_counts() {
    check("10.0.0.1:1", "1.1.1.1, 198.51.100.7", "198.51.100.7");
    check("10.0.0.1:1", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7");
    check("10.0.0.1:1", "1.1.1.1|198.51.100.7|10.0.0.2", "198.51.100.7");
    check("10.0.0.1:1", "10.0.0.3, 10.0.0.2", "10.0.0.3");
    check("10.0.0.1:1", "198.51.100.7, nonsense", "10.0.0.1");
}

#[test]
fn the_scheme_is_that_of_the_trusted_proxy() {
    let trusted: Vec<Cidr> = vec!["10.0.0.0/8".parse().unwrap()];
    let mut headers = HeaderMap::new();
    headers.insert(FORWARDED_PROTO, "https".parse().unwrap());
    let of = |peer: &str| {
        client(Some(Peer { address: peer.parse().unwrap(), tls: false }), &headers, &trusted)
    };
    assert!(of("10.0.0.1:1").https);
    assert!(!of("203.0.113.9:1").https);
}

#[test]
fn requests_within_the_process_come_from_nobody() {
    assert_eq!(client(None, &HeaderMap::new(), &[]), Client::default());
}
