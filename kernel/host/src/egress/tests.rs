use kernel_model::network::Destination;
use reqwest::Url;

use super::{Egress, EgressPolicy, check_literal, is_public};

#[test]
fn only_public_addresses_pass() {
    for (address, public) in [
        ("93.184.215.14", true),
        ("10.0.0.1", false),
        ("172.16.9.9", false),
        ("192.168.1.1", false),
        ("127.0.0.1", false),
        ("169.254.169.254", false),
        ("100.100.100.200", false),
        ("192.0.0.192", false),
        ("0.0.0.0", false),
        ("224.0.0.1", false),
        ("255.255.255.255", false),
        ("198.18.0.1", false),
        ("2606:2800:21f::1", true),
        ("::1", false),
        ("::", false),
        ("fe80::1", false),
        ("fc00::1", false),
        ("fd00:ec2::254", false),
        ("ff02::1", false),
        ("::ffff:127.0.0.1", false),
        ("::ffff:93.184.215.14", true),
        ("::127.0.0.1", false),
        ("64:ff9b::a00:1", false),
        ("64:ff9b:1::a00:1", false),
        ("2002:7f00:1::", false),
        ("2001:db8::1", false),
        ("2001::1", false),
        ("172.31.255.255", false),
        ("172.32.0.1", true),
        ("100.64.0.1", false),
        ("100.128.0.1", true),
        ("192.0.2.1", false),
        ("240.0.0.1", false),
        ("::ffff:169.254.169.254", false),
        ("::ffff:10.0.0.1", false),
        ("64:ff9b::7f00:1", false),
        ("64:ff9b::a9fe:a9fe", false),
        ("64:ff9b::5db8:d70e", true),
        ("2002:a9fe:a9fe::1", false),
        ("2002:0a00:0001::1", false),
        ("2002:5db8:d70e::1", true),
        ("fe80::a9fe:a9fe", false),
        ("fec0::1", false),
        ("3fff::1", false),
        ("100::1", false),
        ("5f00::1", false),
    ] {
        assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
    }
}

#[test]
fn addresses_in_urls_are_read_as_browsers_read_them() {
    for url in [
        "http://127.1/",
        "http://0x7f000001/",
        "http://[::ffff:7f00:1]/",
        "http://017700000001/",
        "http://127.0.0.1./",
        "http://2130706433/",
        "http://0/",
        "http://\u{ff11}27.0.0.1/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[64:ff9b::169.254.169.254]/",
    ] {
        assert!(check_literal(&Url::parse(url).unwrap(), &[]).is_err(), "{url}");
    }
    assert!(check_literal(&Url::parse("http://93.184.215.14/").unwrap(), &[]).is_ok());
}

#[test]
fn the_operator_can_allow_networks_and_hosts() {
    let allowed: Vec<Destination> =
        ["10.0.0.0/8", "git.example.com", "*.internal"].map(|text| text.parse().unwrap()).into();
    let egress = Egress::new(EgressPolicy { allowed, ..EgressPolicy::default() });
    for (url, may) in [
        ("http://10.1.2.3/", true),
        ("http://[::ffff:10.1.2.3]/", true),
        ("http://192.168.0.1/", false),
        ("http://169.254.169.254/", false),
        // In other clothes than those that are recognized for an allowed network.
        ("http://[64:ff9b::10.1.2.3]/", false),
    ] {
        let url = Url::parse(url).unwrap();
        assert_eq!(egress.client(&url, false).is_ok(), may, "{url}");
    }
    let any = |host: &str| egress.policy.allowed.iter().any(|allowed| allowed.names(host));
    assert!(any("git.example.com") && any("GIT.example.com.") && any("a.b.internal"));
    assert!(!any("xgit.example.com") && !any("internal") && !any("git.example.com.evil"));
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_refused_when_it_is_resolved() {
    let egress = Egress::default();
    let url = Url::parse("http://localhost:1/").unwrap();
    let err = egress.client(&url, false).unwrap().get(url).send().await.unwrap_err();
    let denied = super::denied(&err).expect("it is refused, and not tried");
    assert!(denied.to_string().contains("network.egress_allowed"), "{denied}");
}
