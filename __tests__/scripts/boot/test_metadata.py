"""The instance metadata service: values by token, and what happens when the service fails."""

import pytest

from bento_boot import metadata
from bento_boot.refusal import Refusal


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(metadata, "PAUSE_S", 0.01)
    monkeypatch.setattr(metadata, "TRIES", 4)


@pytest.fixture
def service(http_server, handler):
    """Starts a metadata service with these values, whose first answers fail or break off; returns what reads it."""

    def start(values, failing=0, broken=0):
        left = {"failing": failing, "broken": broken}

        class Service(handler):
            def answer(self, status, text="", length=None):
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

            def fails(self):
                left["failing"] -= 1
                if left["failing"] >= 0:
                    self.answer(503)
                    return True
                return False

            def do_PUT(self):
                if not self.fails():
                    asked = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
                    self.answer(200 if asked == "300" else 400, "token")

            def do_GET(self):
                if self.fails():
                    return
                left["broken"] -= 1
                if left["broken"] >= 0:
                    self.answer(200, "i-", length=100)
                elif self.headers.get("X-aws-ec2-metadata-token") != "token":
                    self.answer(401)
                else:
                    value = values.get(self.path.removeprefix("/latest/meta-data/"))
                    self.answer(404 if value is None else 200, value or "")

        return metadata.Metadata(http_server(Service))

    return start


def test_reads_a_value_with_a_token(service):
    assert service({"instance-id": "i-0123"}).get("instance-id") == "i-0123"


def test_a_missing_value_is_none_and_no_error(service):
    assert service({}).get("instance-id") is None


def test_retries_a_service_that_fails_for_a_moment(service):
    assert service({"instance-id": "i-0123"}, failing=3).get("instance-id") == "i-0123"


def test_retries_an_answer_that_breaks_off(service):
    assert service({"instance-id": "i-0123"}, broken=2).get("instance-id") == "i-0123"


def test_a_service_without_tokens_is_an_error_and_not_a_missing_value(http_server, handler):
    class NoTokens(handler):
        def do_PUT(self):
            self.send_error(404)

    with pytest.raises(Refusal, match="does not answer for instance-id: 404"):
        metadata.Metadata(http_server(NoTokens)).get("instance-id")


def test_a_closed_connection_is_an_error(http_server, handler):
    class Closes(handler):
        def do_PUT(self):
            self.close_connection = True

    with pytest.raises(Refusal, match="does not answer for instance-id"):
        metadata.Metadata(http_server(Closes)).get("instance-id")


def test_an_error_that_stays_names_the_setting_to_check(service):
    with pytest.raises(Refusal, match=r"instance-id: 503 .*is it enabled for this instance"):
        service({}, failing=100).get("instance-id")


def test_the_address_comes_from_the_variable_of_the_sdks(monkeypatch, service):
    address = service({"instance-id": "i-0123"})._endpoint
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"{address}/")
    assert metadata.Metadata().get("instance-id") == "i-0123"
