// Uploads that go on where they broke off (tus 1.0.0), by drop and by choice.
(() => {
  const SLICE_BYTES = 8 * 1024 * 1024;
  const WAIT_SECONDS = [1, 2, 4, 8, 15, 30];
  const TUS = { "Tus-Resumable": "1.0.0" };

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-check-all]")) return;
    for (const box of event.target.form.querySelectorAll("[name=chosen]")) {
      box.checked = event.target.checked;
    }
  });

  const form = document.querySelector("form[data-upload]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const zone = form.querySelector("[data-dropzone]");
  const panel = form.querySelector("[data-progress]");
  const bar = panel.querySelector("progress");
  const text = panel.querySelector("[data-progress-text]");
  const fault = form.querySelector("[data-fault]");
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  let running = null;

  const size = (bytes) => {
    const units = ["bytes", "KB", "MB", "GB", "TB"];
    const place = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
    return `${(bytes / 1000 ** place).toFixed(place ? 1 : 0)} ${units[place]}`;
  };
  const say = (name, facts = {}) => form.dataset[name].replace(/\{(\w+)\}/g, (_, key) => facts[key]);
  const place = () => {
    const field = form.querySelector("[name=workspace]");
    const chosen = field.selectedOptions ? field.selectedOptions[0] : field;
    return { slug: chosen.value, allowed: Number(chosen.dataset.allowedBytes) };
  };
  const encode = (word) => btoa(String.fromCharCode(...new TextEncoder().encode(word)));
  const send = (url, method, headers = {}) => fetch(url, {
    method, headers: { ...TUS, "X-CSRFToken": token, ...headers },
  });

  const show = (upload) => {
    const share = upload.file.size ? upload.offset / upload.file.size : 1;
    bar.value = share;
    text.textContent = say("sending", { done: size(upload.offset), total: size(upload.file.size) });
  };
  const rest = (upload) => {
    panel.hidden = true;
    zone.hidden = false;
    input.value = "";
    running = null;
    upload.isOver = true;
  };
  const refuse = (upload, message) => {
    fault.textContent = message;
    if (upload) rest(upload);
  };

  // The next slice, with its progress; fetch does not tell how far a body is.
  const sendSlice = (upload) => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const start = upload.offset;
    upload.request = request;
    request.open("PATCH", upload.url);
    const headers = {
      ...TUS, "X-CSRFToken": token, "Upload-Offset": start, "Content-Type": "application/offset+octet-stream",
    };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      show({ file: upload.file, offset: start + event.loaded });
    };
    request.onload = () => resolve(request);
    request.onerror = reject;
    request.onabort = reject;
    request.send(upload.file.slice(start, start + SLICE_BYTES));
  });

  const wait = (seconds) => new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    window.addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
  });

  const create = async (upload) => {
    const { slug } = place();
    const answer = await send(form.dataset.upload, "POST", {
      "Upload-Length": upload.file.size,
      "Upload-Metadata": `filename ${encode(upload.file.name)},workspace ${encode(slug)},purpose ${encode(form.dataset.purpose || "")}`,
    });
    if (answer.status === 201) {
      upload.url = answer.headers.get("Location");
      upload.page = (await answer.json()).page;
      upload.offset = 0;
      localStorage.setItem(upload.key, JSON.stringify({ url: upload.url, page: upload.page }));
      return true;
    }
    if (answer.status >= 500) throw new Error("try again");
    refuse(upload, await answer.text());
    return false;
  };

  // Where the server stands; an upload that it does not know any more begins anew.
  const find = async (upload) => {
    if (upload.url) {
      const answer = await send(upload.url, "HEAD");
      if (answer.ok) {
        upload.offset = Number(answer.headers.get("Upload-Offset"));
        return true;
      }
      if (answer.status >= 500) throw new Error("try again");
      localStorage.removeItem(upload.key);
      upload.url = null;
    }
    return create(upload);
  };

  const goOn = async (upload) => {
    if (!(await find(upload))) return true;
    show(upload);
    while (upload.offset < upload.file.size) {
      const answer = await sendSlice(upload);
      if (answer.status !== 204) throw new Error("ask where it stands");
      upload.offset = Number(answer.getResponseHeader("Upload-Offset"));
      upload.tries = 0;
      show(upload);
    }
    localStorage.removeItem(upload.key);
    window.location.assign(upload.page);
    return true;
  };

  const start = async (file) => {
    const { slug, allowed } = place();
    fault.textContent = "";
    if (running) return;
    if (file.size > allowed) {
      refuse(null, say("tooLarge", { size: size(file.size), limit: size(allowed) }));
      input.value = "";
      return;
    }
    try {
      await file.slice(0, 1).arrayBuffer();
    } catch {
      refuse(null, say("unreadable"));
      return;
    }
    const key = `upload ${form.dataset.purpose || ""} ${slug} ${file.name} ${file.size} ${file.lastModified}`;
    const kept = JSON.parse(localStorage.getItem(key) || "{}");
    const upload = { file, key, url: kept.url, page: kept.page, offset: 0, tries: 0, isOver: false };
    running = upload;
    zone.hidden = true;
    panel.hidden = false;
    panel.querySelector("[data-file-name]").textContent = file.name;
    show(upload);
    while (!upload.isOver) {
      try {
        if (await goOn(upload)) return;
      } catch {
        if (upload.isOver) return;
        text.textContent = say("lost", { done: size(upload.offset) });
        await wait(WAIT_SECONDS[Math.min(upload.tries, WAIT_SECONDS.length - 1)]);
        upload.tries += 1;
      }
    }
  };

  form.querySelector("[data-give-up]").addEventListener("click", async () => {
    const upload = running;
    if (!upload) return;
    rest(upload);
    upload.request?.abort();
    localStorage.removeItem(upload.key);
    if (upload.url) await send(upload.url, "DELETE").catch(() => {});
    fault.textContent = say("gaveUp");
    input.focus();
  });
  form.querySelector("[data-plain]").hidden = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.files.length) start(input.files[0]);
  });
  input.addEventListener("change", () => { if (input.files.length) start(input.files[0]); });
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("is-over"); });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    if (event.dataTransfer.files.length > 1) refuse(null, say("one"));
    else if (event.dataTransfer.files.length) start(event.dataTransfer.files[0]);
  });
  // What was chosen before this script had loaded counts too.
  if (input.files.length) start(input.files[0]);
})();
