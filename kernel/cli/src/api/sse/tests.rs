use super::*;

fn read(pieces: &[&str]) -> Vec<Event> {
    let mut reader = Reader::default();
    pieces.iter().flat_map(|piece| reader.push(piece.as_bytes())).collect()
}

#[test]
fn an_event_has_a_kind_data_and_an_id() {
    let want = Event { event: "run".to_owned(), data: "{}".to_owned(), id: Some("7".to_owned()) };
    assert_eq!(read(&["event: run\nid: 7\ndata: {}\n\n"]), std::slice::from_ref(&want));
    assert_eq!(read(&["event: run\r\nid:7\r\nda", "ta: {", "}\r", "\n\r\n"]), [want]);
}

#[test]
fn data_of_several_lines_is_joined() {
    let events = read(&["data: a\ndata:\ndata:  b\n\n"]);
    assert_eq!(events[0].data, "a\n\n b");
}

#[test]
fn comments_and_events_without_data_are_nothing() {
    assert!(read(&[": keep-alive\n\n", "event: run\n\n", "retry: 5\n\n"]).is_empty());
}

#[test]
fn an_event_that_was_cut_off_is_not_given() {
    assert!(read(&["data: a\n"]).is_empty());
}
