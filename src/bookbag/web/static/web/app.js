// What pages can do beyond links and forms. Everything works without it.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`time_zone=${zone}`)) {
    document.cookie = `time_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  }

  const copy = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.querySelector("[data-label]");
    const before = label.textContent;
    label.textContent = button.dataset.copied;
    setTimeout(() => { label.textContent = before; }, 2000);
  };

  document.addEventListener("click", (event) => {
    const copyButton = event.target.closest("[data-copy]");
    if (copyButton) copy(copyButton);
    const themeButton = event.target.closest("[data-theme-name]");
    if (themeButton) {
      window.bookbagTheme(themeButton.dataset.themeName);
      markTheme();
    }
    if (event.target.closest("[data-close-dialog]")) {
      event.target.closest("dialog")?.close();
    }
  });

  const markTheme = () => {
    for (const button of document.querySelectorAll("[data-theme-name]")) {
      const isOn = button.dataset.themeName === document.documentElement.dataset.theme;
      button.setAttribute("aria-pressed", String(isOn));
    }
  };
  markTheme();

  // A report that is ready downloads by itself: once, in one of the open tabs.
  const downloadReports = () => {
    for (const form of document.querySelectorAll("form[data-auto-download]")) {
      const key = `report-${form.dataset.autoDownload}`;
      form.removeAttribute("data-auto-download");
      if (localStorage.getItem(key)) continue;
      localStorage.setItem(key, "downloaded");
      form.submit();
      setTimeout(() => window.htmx.ajax("GET", "/reports/", "#report-banner"), 1500);
    }
    const isGenerating = document.querySelector("[data-generating]") !== null;
    for (const button of document.querySelectorAll("[data-report-button]")) {
      button.disabled = isGenerating;
    }
  };
  document.addEventListener("htmx:afterSettle", downloadReports);
  // Not before the page has loaded: a download would end its loading.
  window.addEventListener("load", () => setTimeout(downloadReports));
  // A menu closes when something else is pressed, and when Escape is.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      const isInside = menu.contains(event.target);
      if (!isInside || event.target.closest(".menu-item")) setTimeout(() => { menu.open = false; });
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // The panel of exports opens as a dialog where there is one on the page.
  document.addEventListener("htmx:afterSwap", (event) => {
    const dialog = event.target.closest("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  });
  // A dialog that was closed asks for nothing any more.
  document.addEventListener("close", (event) => {
    const slot = event.target.querySelector?.("[data-slot]");
    if (slot) slot.replaceChildren();
  }, true);

  // A project's page says every minute that it is open, and when it is left.
  const visited = document.querySelector("[data-visit]");
  if (visited) {
    let key = visited.dataset.visit;
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const fields = () => {
      const form = new FormData();
      form.append("csrfmiddlewaretoken", token);
      return form;
    };
    const tell = async () => {
      const answer = await fetch(`${visited.dataset.visitUrl}${key}/seen`, { method: "POST", body: fields() });
      if (answer.ok) key = (await answer.json()).key;
    };
    setInterval(() => { if (!document.hidden) tell().catch(() => {}); }, 60000);
    window.addEventListener("pagehide", () => {
      navigator.sendBeacon(`${visited.dataset.visitUrl}${key}/close`, fields());
    });
    window.addEventListener("pageshow", (event) => { if (event.persisted) tell().catch(() => {}); });
  }
})();
