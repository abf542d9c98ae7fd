use super::Error;

/// Makes an error from its message.
type Make = fn(&'static str) -> Error;

#[test]
fn each_code_of_the_contract_has_a_constructor() {
    let made: [(Make, &str); 11] = [
        (Error::invalid, "invalid"),
        (Error::not_found, "not-found"),
        (Error::denied, "denied"),
        (Error::unavailable, "unavailable"),
        (Error::conflict, "conflict"),
        (Error::limit, "limit"),
        (Error::timeout, "timeout"),
        (Error::cancelled, "cancelled"),
        (Error::unsupported, "unsupported"),
        (Error::abandoned, "abandoned"),
        (Error::internal, "internal"),
    ];
    for (make, code) in made {
        assert_eq!(make("why").code, code);
    }
}
