#pragma once

#include <string_view>

namespace muster {

// Who may ask for what: method, path, and `anyone`, `device` (its own secret), `token` (any good
// one: the handler looks whose things it is about), `session` (anybody who is signed in), or the
// right that a token's scope and its person's role must both hold; `session RIGHT` for pages,
// where the role alone decides. Owners and admins have every right, auditors those to read,
// members none.
constexpr std::string_view kAccessTable = R"(
GET    /healthz                           anyone
GET    /readyz                            anyone
GET    /install.sh                        anyone
GET    /muster-agent                      anyone
GET    /api/openapi.json                  anyone
POST   /api/enroll                        anyone
POST   /api/agent/heartbeat               device
POST   /api/agent/leave                   device
GET    /api/setup-keys                    keys:read
POST   /api/setup-keys                    keys:write
POST   /api/setup-keys/actions            keys:write
GET    /api/setup-keys/{id}               keys:read
PUT    /api/setup-keys/{id}               keys:write
PATCH  /api/setup-keys/{id}               keys:write
DELETE /api/setup-keys/{id}               keys:write
POST   /api/setup-keys/{id}/pause         keys:write
POST   /api/setup-keys/{id}/resume        keys:write
POST   /api/setup-keys/{id}/rotate        keys:write
POST   /api/setup-keys/{id}/clone         keys:write
POST   /api/setup-keys/{id}/apply         devices:write
GET    /api/setup-keys/{id}/devices       keys:read
GET    /api/setup-keys/{id}/refusals      keys:read
GET    /api/groups                        groups:read
POST   /api/groups                        groups:write
GET    /api/groups/{id}                   groups:read
PUT    /api/groups/{id}                   groups:write
PATCH  /api/groups/{id}                   groups:write
DELETE /api/groups/{id}                   groups:write
GET    /api/devices                       devices:read
POST   /api/devices/actions               devices:write
GET    /api/devices/{id}                  devices:read
PATCH  /api/devices/{id}                  devices:write
DELETE /api/devices/{id}                  devices:write
GET    /api/install-links                 links:read
POST   /api/install-links                 links:write
POST   /api/install-links/actions         links:write
GET    /api/install-links/{id}            links:read
PATCH  /api/install-links/{id}            links:write
DELETE /api/install-links/{id}            links:write
POST   /api/install-links/{id}/extend     links:write
POST   /api/install-links/{id}/resend     links:write
POST   /api/install-links/{id}/replace    links:write
GET    /api/peers                         devices:read
GET    /api/peers/{id}                    devices:read
PUT    /api/peers/{id}                    devices:write
DELETE /api/peers/{id}                    devices:write
GET    /api/events                        audit:read
GET    /api/events/audit                  audit:read
GET    /api/events/chain                  audit:read
GET    /api/users                         token
POST   /api/users                         people:write
GET    /api/users/current                 token
PUT    /api/users/{id}                    people:write
DELETE /api/users/{id}                    people:write
POST   /api/users/{id}/invite             people:write
GET    /api/users/{id}/tokens             token
POST   /api/users/{id}/tokens             token
GET    /api/users/{id}/tokens/{token_id}  token
DELETE /api/users/{id}/tokens/{token_id}  token
POST   /api/revocations                   token
POST   /api/users/{id}/hand-over          people:write
GET    /api/networks                      networks:read
POST   /api/networks                      networks:write
GET    /api/networks/{id}                 networks:read
PATCH  /api/networks/{id}                 networks:write
DELETE /api/networks/{id}                 networks:write
GET    /static/{file}                     anyone
GET    /first-run/{secret}                anyone
POST   /first-run/{secret}                anyone
GET    /sign-in                           anyone
POST   /sign-in                           anyone
POST   /sign-in/code                      anyone
POST   /sign-out                          session
POST   /theme                             session
GET    /                                  session
GET    /overview                          session
GET    /start                             session
GET    /links                             session links:read
POST   /links/actions                     session links:write
GET    /links/new                         session links:write
POST   /links/new                         session links:write
GET    /links/{id}                        session links:read
POST   /links/{id}/sent                   session links:write
POST   /links/{id}/extend                 session links:write
POST   /links/{id}/withdraw               session links:write
GET    /links/{id}/resend                 session links:write
POST   /links/{id}/resend                 session links:write
GET    /links/{id}/replace                session links:write
POST   /links/{id}/replace                session links:write
GET    /i/{secret}                        anyone
POST   /i/{secret}                        anyone
GET    /keys                              session keys:read
POST   /keys/whose                        session keys:read
POST   /keys/actions                      session keys:write
GET    /keys/new                          session keys:write
POST   /keys/new                          session keys:write
POST   /keys/new/check                    session keys:write
GET    /keys/{id}                         session keys:read
GET    /keys/{id}/devices                 session keys:read
GET    /keys/{id}/arrivals                session keys:read
GET    /keys/{id}/edit                    session keys:write
POST   /keys/{id}/edit                    session keys:write
POST   /keys/{id}/check                   session keys:write
GET    /keys/{id}/apply                   session devices:write
POST   /keys/{id}/apply                   session devices:write
POST   /keys/{id}/pause                   session keys:write
POST   /keys/{id}/resume                  session keys:write
POST   /keys/{id}/rotate                  session keys:write
POST   /keys/{id}/clone                   session keys:write
POST   /keys/{id}/revoke                  session keys:write
POST   /keys/{id}/delete                  session keys:write
GET    /account                           session
POST   /account/password                  session
POST   /account/sessions/end-others       session
POST   /account/sessions/{id}/end         session
GET    /account/second-factor             session
POST   /account/second-factor             session
POST   /account/second-factor/confirm     session
POST   /account/second-factor/codes       session
POST   /account/second-factor/off         session
GET    /account/tokens/new                session
POST   /account/tokens/new                session
POST   /account/tokens/{id}/end           session
GET    /invite/{secret}                   anyone
POST   /invite/{secret}                   anyone
GET    /people                            session people:read
GET    /people/new                        session people:write
POST   /people/new                        session people:write
GET    /people/{id}                       session people:read
POST   /people/{id}/role                  session people:write
POST   /people/{id}/block                 session people:write
POST   /people/{id}/unblock               session people:write
POST   /people/{id}/pause-keys            session people:write
POST   /people/{id}/invite                session people:write
POST   /people/{id}/withdraw              session people:write
GET    /people/{id}/tokens/new            session people:write
POST   /people/{id}/tokens/new            session people:write
POST   /people/{id}/tokens/{token_id}/end session people:write
GET    /devices                           session devices:read
POST   /devices/actions                   session devices:write
GET    /devices/{id}                      session devices:read
POST   /devices/{id}                      session devices:write
POST   /devices/{id}/approve              session devices:write
GET    /devices/{id}/remove               session devices:write
POST   /devices/{id}/remove               session devices:write
GET    /groups                            session groups:read
GET    /groups/new                        session groups:write
POST   /groups/new                        session groups:write
GET    /groups/{id}                       session groups:read
POST   /groups/{id}                       session groups:write
GET    /groups/{id}/protection            session groups:write
POST   /groups/{id}/protection            session groups:write
POST   /groups/{id}/delete                session groups:write
POST   /revocations/user/{id}/hand-over   session people:write
GET    /revocations/{kind}/{id}           session
POST   /revocations/{kind}/{id}           session
GET    /receipts/{id}                     session audit:read
GET    /networks                          session networks:read
GET    /networks/new                      session networks:write
POST   /networks/new                      session networks:write
GET    /networks/{id}                     session networks:read
POST   /networks/{id}                     session networks:write
POST   /networks/{id}/delete              session networks:write
GET    /settings                          session settings:read
POST   /settings/addresses                session settings:write
POST   /settings/purge                    session settings:write
GET    /audit                             session audit:read
GET    /keys.csv                          session keys:read
GET    /links.csv                         session links:read
GET    /devices.csv                       session devices:read
GET    /audit.csv                         session audit:read
)";

}  // namespace muster
