PRAGMA application_id = 0x61736769;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE exchange (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order of writing, never used twice
  id         TEXT NOT NULL UNIQUE,               -- UUIDv7 as 32 hex digits: sorts by time
  began      INTEGER NOT NULL,                   -- ns since the epoch
  ended      INTEGER,                            -- ns after began
  type       TEXT NOT NULL,                      -- http, websocket, lifespan, ...
  method     TEXT NOT NULL,                      -- in upper case; '' where there is none
  path       TEXT NOT NULL,                      -- decoded; '' where there is none
  query      TEXT NOT NULL,                      -- without the question mark, masked
  status     INTEGER,                            -- 101 for an accepted WebSocket
  outcome    TEXT,                               -- complete, client_gone, error, ...
  route      TEXT,                               -- the template, if it became known
  request_id TEXT,
  error      TEXT,                               -- type and message of what left the app
  facts      TEXT NOT NULL,                      -- JSON: all of the above, scope, events
  bodies     BLOB                                -- payloads; facts has their offsets
);
INSERT INTO "exchange" VALUES(1,'01a222a81dcf7b4f86f8cdd02e0b72d8',1795877772751706911,320919,'lifespan','','','',NULL,'error',NULL,NULL,'ValueError: no lifespan here','{"id":"01a222a81dcf7b4f86f8cdd02e0b72d8","worker":{"host":"web-1","pid":4242},"type":"lifespan","began":1795877772751706911,"ended":320919,"outcome":"error","scope":{"type":"lifespan","asgi":{"version":"3.0","spec_version":"2.0"},"state":{}},"events":[],"error":{"type":"ValueError","message":"no lifespan here","traceback":"Traceback (most recent call last):\n  File \"/srv/asgi_mw/tap.py\", line 165, in tapped\n    await app(scope, receive_noted, send_noted)\n  File \"<asgi_mw: request_id #1>\", line 4, in driven\n    await (lifespan if kind == \"lifespan\" else app)(scope, receive, send)\n  File \"/srv/shop.py\", line 11, in app\n    raise ValueError(\"no lifespan here\")\nValueError: no lifespan here\n","at":320919}}',NULL);
INSERT INTO "exchange" VALUES(2,'01a222a81dd27016a8c4fc17fe00e688',1795877772754005464,346357,'http','GET','/users/7','',200,'complete',NULL,'a-1',NULL,'{"id":"01a222a81dd27016a8c4fc17fe00e688","worker":{"host":"web-1","pid":4242},"type":"http","began":1795877772754005464,"ended":346357,"outcome":"complete","scope":{"type":"http","asgi":{"version":"3.0","spec_version":"2.3"},"http_version":"1.1","server":["127.0.0.1",8000],"scheme":"http","method":"GET","root_path":"","state":{},"client":["127.0.0.1",50000],"path":"/users/7","raw_path":{"$bytes":"/users/7"},"query_string":{"$bytes":""},"headers":{"$pairs":[["host","127.0.0.1:8000"],["accept","*/*"],["user-agent","asgi-mw-testing"]]}},"events":[{"direction":"receive","called":55764,"returned":145632,"message":{"type":"http.request","body":{"$bytes":""},"more_body":false}},{"direction":"send","called":163606,"returned":296775,"message":{"type":"http.response.start","status":200,"headers":{"$pairs":[["content-type","text/plain"],["x-request-id","a-1"]]}}},{"direction":"send","called":301293,"returned":346357,"message":{"type":"http.response.body","body":{"$blob":[0,5]}},"size":5}],"request_id":"a-1"}',X'68656C6C6F');
INSERT INTO "exchange" VALUES(3,'01a222a81dd3795483e8f5a3afc961a9',1795877772755583081,370642,'http','GET','/late','',200,'complete',NULL,'a-1','KeyError: ''7''','{"id":"01a222a81dd3795483e8f5a3afc961a9","worker":{"host":"web-1","pid":4242},"type":"http","began":1795877772755583081,"ended":370642,"outcome":"complete","scope":{"type":"http","asgi":{"version":"3.0","spec_version":"2.3"},"http_version":"1.1","server":["127.0.0.1",8000],"scheme":"http","method":"GET","root_path":"","state":{},"client":["127.0.0.1",50000],"path":"/late","raw_path":{"$bytes":"/late"},"query_string":{"$bytes":""},"headers":{"$pairs":[["host","127.0.0.1:8000"],["accept","*/*"],["user-agent","asgi-mw-testing"]]}},"events":[{"direction":"receive","called":47158,"returned":121797,"message":{"type":"http.request","body":{"$bytes":""},"more_body":false}},{"direction":"send","called":137657,"returned":300180,"message":{"type":"http.response.start","status":200,"headers":{"$pairs":[["content-type","text/plain"],["x-request-id","a-1"]]}}},{"direction":"send","called":305841,"returned":370642,"message":{"type":"http.response.body","body":{"$blob":[0,5]}},"size":5}],"request_id":"a-1","error":{"type":"KeyError","message":"''7''","traceback":"Traceback (most recent call last):\n  File \"/srv/asgi_mw/tap.py\", line 165, in tapped\n    await app(scope, receive_noted, send_noted)\n  File \"<asgi_mw: request_id #1>\", line 54, in driven\n    await app(connection.scope, receive_driven, send_driven)\n  File \"/srv/shop.py\", line 16, in app\n    raise KeyError(\"7\")\nKeyError: ''7''\n","at":385460}}',X'68656C6C6F');
CREATE TABLE in_flight (
  id         TEXT PRIMARY KEY,
  facts      TEXT NOT NULL                       -- JSON, without payloads
);
CREATE TABLE tally (
  kind       TEXT NOT NULL,                      -- dropped or fault
  reason     TEXT NOT NULL,
  count      INTEGER NOT NULL,                   -- in this process since this file began
  PRIMARY KEY (kind, reason)
);
COMMIT;
