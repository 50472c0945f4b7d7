"""A browser without a screen, for logins that ask nobody: opens a URL and goes where it is sent, on this machine only.

  browser.py URL           prints the statuses on its way; an authorization server that waits for a person is not logged in to
  browser.py --deny URL    goes back at once with what an authorization server says of a person who has denied it (RFC 6749, 4.1.2.1)
"""
import http.client
import sys
import urllib.parse

HERE = ("127.0.0.1", "localhost", "::1")


def visit(url, cookies):
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in HERE:
        sys.exit(f"{url} is elsewhere")
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=20)
    jar = cookies.setdefault(parts.netloc, {})
    headers = {"Accept": "text/html"}
    if jar:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
    connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers=headers)
    response = connection.getresponse()
    response.read()
    for cookie in response.headers.get_all("Set-Cookie") or []:
        name, _, value = cookie.split(";")[0].partition("=")
        jar[name.strip()] = value
    connection.close()
    return response.status, response.headers.get("Location")


def denied(url):
    parts = urllib.parse.urlsplit(url)
    asked = dict(urllib.parse.parse_qsl(parts.query))
    said = {"error": "access_denied", "state": asked["state"], "iss": f"{parts.scheme}://{parts.netloc}"}
    return f"{asked['redirect_uri']}?{urllib.parse.urlencode(said)}"


def main():
    url, cookies = sys.argv[-1], {}
    if "--deny" in sys.argv:
        url = denied(url)
    for _ in range(12):
        status, location = visit(url, cookies)
        print(status, file=sys.stderr)
        if location is None:
            return
        url = urllib.parse.urljoin(url, location)
    sys.exit("it goes round in circles")


main()
