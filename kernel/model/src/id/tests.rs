use super::*;

#[test]
fn ids_print_their_kind_and_are_read_back() {
    for value in [0, 1, u128::MAX, 0x0190_1234_5678_7abc_8def_0123_4567_89ab] {
        let text = RunId(value).to_string();
        assert!(text.starts_with("run_"), "{text}");
        assert_eq!(text.parse(), Ok(RunId(value)));
    }
}

#[test]
fn another_kind_is_refused_by_name() {
    let text = PipelineId(7).to_string();
    let error = text.parse::<RunId>().expect_err("a pipeline is no run");
    assert!(error.to_string().contains("run_"), "{error}");
}

#[test]
fn text_order_is_time_order() {
    assert!(RunId(5).to_string() < RunId(900).to_string());
    assert!(RunId(u128::MAX - 1).to_string() < RunId(u128::MAX).to_string());
}

#[test]
fn more_than_128_bits_are_refused() {
    assert!("run_80000000000000000000000000".parse::<RunId>().is_err());
    assert!("run_".parse::<RunId>().is_err());
}
