use std::sync::atomic::{AtomicU64, Ordering};

use kernel_model::time::Time;

use super::*;

#[derive(Default)]
struct Still(AtomicU64);

impl Clock for Still {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::Relaxed))
    }
}

fn from(address: &str) -> Client {
    Client { address: Some(address.parse().unwrap()), https: false }
}

fn limiter(address: u64, token: u64, project: u64) -> (Limiter, Arc<Still>) {
    let clock = Arc::new(Still(AtomicU64::new(1_000_000)));
    (Limiter::new(Rates { address, token, project }, Arc::clone(&clock) as _), clock)
}

/// Returns how many requests pass at once.
fn burst(limiter: &Limiter, client: Client, token: Option<&[u8]>) -> usize {
    (0..10_000).take_while(|_| limiter.refusal(client, token, None).is_none()).count()
}

#[test]
fn a_silent_client_gets_a_burst_and_then_its_rate() {
    let (limiter, clock) = limiter(60, 0, 0);
    assert_eq!(burst(&limiter, from("203.0.113.1"), None), 10);
    let (whose, wait_us) = limiter.refusal(from("203.0.113.1"), None, None).unwrap();
    assert_eq!((whose, wait_us), ("address", 1_000_000));
    clock.0.fetch_add(1_000, Ordering::Relaxed);
    assert_eq!(burst(&limiter, from("203.0.113.1"), None), 1);
    clock.0.fetch_add(3_600_000, Ordering::Relaxed);
    assert_eq!(burst(&limiter, from("203.0.113.1"), None), 10);
}

#[test]
fn one_client_does_not_use_up_what_another_has() {
    let (limiter, _) = limiter(60, 0, 0);
    assert_eq!(burst(&limiter, from("203.0.113.1"), None), 10);
    assert_eq!(burst(&limiter, from("203.0.113.2"), None), 10);
    // The same network of one owner.
    assert_eq!(burst(&limiter, from("2001:db8::1"), None), 10);
    assert_eq!(burst(&limiter, from("2001:db8::2"), None), 0);
}

#[test]
fn a_token_is_counted_wherever_it_comes_from() {
    let (limiter, _) = limiter(0, 60, 0);
    assert_eq!(burst(&limiter, from("203.0.113.1"), Some(b"Bearer a")), 10);
    assert_eq!(burst(&limiter, from("127.0.0.1"), Some(b"Bearer a")), 0);
    assert_eq!(burst(&limiter, from("127.0.0.1"), Some(b"Bearer b")), 10);
}

#[test]
fn a_project_is_counted_over_all_clients_but_this_process() {
    let (limiter, _) = limiter(0, 0, 60);
    assert_eq!(burst(&limiter, from("203.0.113.1"), None), 10);
    assert_eq!(burst(&limiter, from("127.0.0.1"), None), 0);
    assert_eq!(burst(&limiter, Client::default(), None), 10_000);
}

#[test]
fn no_rate_is_no_limit_and_this_machine_has_none_by_address() {
    let (limiter, _) = limiter(0, 0, 0);
    assert_eq!(burst(&limiter, from("203.0.113.1"), Some(b"a")), 10_000);
    let (limiter, _) = self::limiter(60, 0, 0);
    assert_eq!(burst(&limiter, from("127.0.0.1"), None), 10_000);
}

#[test]
fn a_flood_of_addresses_costs_no_more_memory_than_two_generations() {
    let (limiter, _) = limiter(60, 0, 0);
    for n in 0..3 * u32::try_from(BUCKETS_MAX).unwrap() {
        let address = IpAddr::V4((0x0b00_0000 + n).into());
        assert!(
            limiter.refusal(Client { address: Some(address), https: false }, None, None).is_none()
        );
    }
    let buckets = limiter.buckets.lock().unwrap();
    assert!(buckets.young.len() + buckets.old.len() <= 2 * BUCKETS_MAX);
}

#[test]
fn one_project_does_not_use_up_what_another_has() {
    let (limiter, _) = limiter(0, 0, 60);
    let named = |name: &str| Some(ProjectName::new(name).unwrap());
    let count = |name: &str| {
        let passes = |_: &usize| limiter.refusal(from("203.0.113.1"), None, named(name)).is_none();
        (0..10_000).take_while(passes).count()
    };
    assert_eq!(count("web"), 10);
    assert_eq!(count("web"), 0);
    assert_eq!(count("api"), 10);
}
