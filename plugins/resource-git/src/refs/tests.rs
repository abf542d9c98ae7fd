use super::*;

#[test]
fn head_branches_and_annotated_tags_are_read() {
    let refs = Refs::read(
        "ref: refs/heads/main\tHEAD\n111\tHEAD\n111\trefs/heads/main\n\
         222\trefs/tags/v1\n333\trefs/tags/v2\n444\trefs/tags/v2^{}\n",
    );
    assert_eq!(refs.head.as_deref(), Some("main"));
    assert_eq!(refs.commit("refs/heads/main"), Some("111"));
    assert_eq!(refs.tags().collect::<Vec<_>>(), [("v1", "222"), ("v2", "444")]);
}
