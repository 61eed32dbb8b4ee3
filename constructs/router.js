// Only files that a release can put are files: those below /assets/ and /.well-known/, config.json, and the few names that
// clients ask for at the top of a site. Every other path is a route of the single page application, dots in it or not, and is
// answered with index.html. The expression is plan.WebFilePattern.
var files = /^\/(assets\/.+|config\.json|favicon(-\d+x\d+)?\.(ico|png|svg)|apple-touch-icon(-\d+x\d+)?(-precomposed)?\.png|(android-chrome|maskable-icon|mstile|pwa)-\d+x\d+\.png|safari-pinned-tab\.svg|(manifest|site)\.webmanifest|manifest\.json|browserconfig\.xml|opensearch\.xml|(sw|service-worker|firebase-messaging-sw)\.js|(robots|humans|security|ads|app-ads|llms|llms-full)\.txt|sellers\.json|sitemap[\w-]*\.xml|google[0-9a-f]{16}\.html|yandex_[0-9a-f]{16}\.html|BingSiteAuth\.xml|apple-app-site-association|\.well-known\/.+)$/;

function handler(event) {
  var request = event.request;
  if (!files.test(request.uri)) {
    request.uri = '/index.html';
  }
  return request;
}
