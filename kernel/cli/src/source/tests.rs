use super::*;

#[test]
fn a_pipeline_is_called_as_its_file() {
    let named = ["ci.yml", "a/b/my pipeline.yaml", ".tenon.yml", "größe.yml", "..."];
    assert_eq!(
        named.map(|file| name(Path::new(file))),
        ["ci", "my-pipeline", "tenon", "gr--e", "pipeline"]
    );
}

#[test]
fn a_missing_file_is_named() {
    let err = read(Path::new("no/such.yml"), &[]).unwrap_err();
    assert!(format!("{err:#}").starts_with("failed to read the pipeline no/such.yml: "));
}
