import unittest

from tenon_sdk import ResourceRequest, TenonError
from tenon_sdk.testing import Answer, host, reset

from plugin import Feed, Source, Version

FEED = """<rss><channel>
  <item><guid>2</guid><title>Second</title><link>http://a/2</link></item>
  <item><guid>1</guid><title>First</title><link>http://a/1</link></item>
</channel></rss>"""


def request(version: str | None = None, contains: str | None = None) -> ResourceRequest[Source, Version]:
    source = Source("http://a/feed", contains)
    return ResourceRequest(source, None, Version(version) if version else None, "entry")


class Feeds(unittest.TestCase):
    def setUp(self) -> None:
        reset()
        host.http = lambda method, url, headers, body: Answer(200, FEED)

    def ids(self, **asked: str) -> list[str]:
        return [version.id for version in Feed().check(request(**asked))["versions"]]

    def test_the_first_check_finds_the_newest_entry(self) -> None:
        self.assertEqual(self.ids(), ["2"])
        self.assertEqual(self.ids(contains="First"), ["1"])

    def test_later_checks_go_on_from_the_last_entry(self) -> None:
        self.assertEqual(self.ids(version="1"), ["1", "2"])
        self.assertEqual(self.ids(version="gone"), ["2"])

    def test_a_get_writes_the_entry_into_files(self) -> None:
        got = Feed().get(request(version="1"))
        self.assertEqual(host.volumes["entry"]["title"], b"First\n")
        self.assertEqual(got["metadata"][1]["value"], "http://a/1")

    def test_what_is_no_feed_is_refused(self) -> None:
        host.http = lambda method, url, headers, body: Answer(200, "<html>")
        with self.assertRaises(TenonError) as caught:
            self.ids()
        self.assertIn("http://a/feed is no feed", caught.exception.message)


if __name__ == "__main__":
    unittest.main()
