// Routes of the single page application, such as /kittens/42, are no objects of the
// bucket: they are answered with index.html. Files are below /assets/, or have a dot in
// their name and lie beside index.html.
function handler(event) {
  var request = event.request;
  var uri = request.uri;
  var isFile = uri.startsWith('/assets/') || (uri.lastIndexOf('/') === 0 && uri.indexOf('.') !== -1);
  if (!isFile) {
    request.uri = '/index.html';
  }
  return request;
}
